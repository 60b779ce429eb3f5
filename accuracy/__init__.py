"""ULP accuracy reports for the sigmoid family, halfulp's or anyone's."""
