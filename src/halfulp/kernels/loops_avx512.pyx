include "loops.pxi"
include "phases.pxi"
