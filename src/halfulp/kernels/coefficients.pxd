"""Coefficients of the kernels.

Written by `python -m halfulp.accuracy.coefficients`; do not edit. The errors are relative, of the
approximation with the rounded coefficients below, and were measured at 1001 points of the interval.
"""

cdef extern from *:
    """
    // ln 2 = HIGH + LOW = HIGH + MIDDLE + LOWEST; HIGH is a multiple of 2^-42, MIDDLE of 2^-84
    #define LN2_HIGH 0x1.62e42fefa3800p-1  // 0.6931471805598903
    #define LN2_LOW 0x1.ef35793c76730p-45  // 5.497923018708371e-14
    #define LN2_MIDDLE 0x1.ef35793c76000p-45  // 5.49792301870721e-14
    #define LN2_LOWEST 0x1.cc01f97b57a08p-87  // 1.1612227229362532e-26

    // ln 2 = NEAR + REST; NEAR is a multiple of 2^-44, and lies much closer to it than HIGH
    #define LN2_NEAR 0x1.62e42fefa3a00p-1  // 0.6931471805599472
    #define LN2_REST -0x1.0ca86c3898d00p-49  // -1.8641886737243033e-15
    #define LN2 0x1.62e42fefa39efp-1  // 0.6931471805599453
    #define LOG2_E 0x1.71547652b82fep+0  // 1.4426950408889634

    // a + SHIFT is a rounded to an integer, which stands in the low bits of the sum
    #define SHIFT 0x1.8000000000000p+52  // 6755399441055744.0

    // tanh(r/2) = r B(a) / a, a = A0 + r^2, |r| <= 0.34658: error 2^-42.52
    #define WIDE_A0 0x1.3c3e842590b76p+3  // 9.882631371850703
    #define WIDE_B0 0x1.01630b756711bp+2  // 4.0216702124128245
    #define WIDE_B1 0x1.90f4e26f9ae14p-4  // 0.09788979007287707
    #define WIDE_B2 -0x1.00667800d4876p-11  // -0.0004890447017749228

    // tanh(r/2) = r B(s) / A(s), s = r^2, |r| <= 0.34658: error 2^-69.10
    #define QUICK_B0 0x1.e9c0000000000p-2  // 0.478271484375
    #define QUICK_B1 0x1.c3255e09454e0p-7  // 0.01376788226711273
    #define QUICK_B2 0x1.51a1e25285a1fp-15  // 4.024891372382912e-05
    #define QUICK_B3 -0x1.9b3aba6dd6b20p-25  // -4.7873403781752516e-08
    #define QUICK_A0 0x1.e9c0000000000p-1  // 0.95654296875
    #define QUICK_A1 0x1.b749578251538p-4  // 0.10724767859672546
    #define QUICK_A2 0x1.125d01ed40812p-10  // 0.0010466129709247912

    // tanh(r/2) = r B(s) / A(s), s = r^2, |r| <= 0.34658: error 2^-115.63
    #define ACCURATE_B0_HIGH 0x1.10003e1ed0cd2p+2  // 4.250014810651196
    #define ACCURATE_B0_LOW -0x1.56cc0ebe5ec1dp-54  // -7.433227210183914e-17
    #define ACCURATE_B1_HIGH 0x1.2aaa05032887bp-3  // 0.14583209911240033
    #define ACCURATE_B1_LOW -0x1.c3352e04589fap-59  // -3.057502530056338e-18
    #define ACCURATE_B2_HIGH 0x1.110d8ffff710fp-10  // 0.0010416144505063817
    #define ACCURATE_B2_LOW -0x1.c4716cd57df4ap-64  // -9.58085461104234e-20
    #define ACCURATE_B3_HIGH 0x1.0005c439905fbp-19  // 1.9075164601485107e-06
    #define ACCURATE_B3_LOW -0x1.aae2cf797b77fp-73  // -1.7655590251448356e-22
    #define ACCURATE_B4_HIGH 0x1.08bf2cd530ba4p-31  // 4.815715835208782e-10
    #define ACCURATE_B4_LOW -0x1.aeff0f1926bd6p-87  // -1.0879876812828386e-26
    #define ACCURATE_A0_HIGH 0x1.10003e1ed0cd2p+3  // 8.500029621302392
    #define ACCURATE_A0_LOW -0x1.56cc0ebe5ec1dp-53  // -1.4866454420367827e-16
    #define ACCURATE_A2_HIGH 0x1.dddaeb8190878p-7  // 0.014582982056826163
    #define ACCURATE_A2_LOW -0x1.c902a2279d787p-61  // -7.742055402821872e-19
    #define ACCURATE_A3_HIGH 0x1.c01181155a8b5p-15  // 5.341391276199437e-05
    #define ACCURATE_A3_LOW 0x1.72c8554c0b174p-70  // 1.2268165523929348e-21
    #define ACCURATE_A4_HIGH 0x1.745be5409739dp-25  // 4.3348288962454836e-08
    #define ACCURATE_A4_LOW -0x1.63374ec675567p-80  // -1.1477649465789642e-24

    // 2 atanh(v/2) = v (1 + t Q(t)), t = v^2, 0 <= v <= 0.66667: error 2^-42.80
    #define WIDE_Q0 0x1.55555555ebf32p-4  // 0.08333333334189488
    #define WIDE_Q1 0x1.9999986e0bc52p-7  // 0.012499999455114406
    #define WIDE_Q2 0x1.2492aa10f7251p-9  // 0.002232154140513289
    #define WIDE_Q3 0x1.c6ff65827f2a1p-12  // 0.00043391956583586395
    #define WIDE_Q4 0x1.76a59df6b5e3ap-14  // 8.932279147743578e-05
    #define WIDE_Q5 0x1.2267a21b96568p-16  // 1.7309475977310944e-05
    #define WIDE_Q6 0x1.953de356b9274p-18  // 6.038572641674072e-06

    // atanh(v) = v (1 + t Q(t)), t = v^2, 0 <= v <= 0.333335: error 2^-73.11
    #define QUICK_Q0_HIGH 0x1.5555555555555p-2  // 0.3333333333333333
    #define QUICK_Q0_LOW 0x1.561386f126f91p-56  // 1.8543992177408572e-17
    #define QUICK_Q1_HIGH 0x1.9999999999999p-3  // 0.19999999999999998
    #define QUICK_Q1_LOW -0x1.bf928edfac082p-57  // -1.2131476719997998e-17
    #define QUICK_Q2 0x1.2492492492599p-3  // 0.14285714285715015
    #define QUICK_Q3 0x1.c71c71c70c106p-4  // 0.11111111111017999
    #define QUICK_Q4 0x1.745d174aa38e7p-4  // 0.09090909097924148
    #define QUICK_Q5 0x1.3b13b05198da7p-4  // 0.07692307352549808
    #define QUICK_Q6 0x1.11112ee3537c7p-4  // 0.06666677775976303
    #define QUICK_Q7 0x1.e1dc9a52b6a2ep-5  // 0.05882101193647703
    #define QUICK_Q8 0x1.af7c1b9048b3ap-5  // 0.05267148383634042
    #define QUICK_Q9 0x1.827ec66496ccdp-5  // 0.0471795916425549
    #define QUICK_Q10 0x1.7efb6d913ae5fp-5  // 0.04675074958671809
    #define QUICK_Q11 0x1.917cd12ca107ep-6  // 0.02450485636883614
    #define QUICK_Q12 0x1.3d2450a778492p-4  // 0.07742721086062179

    // 2 atanh(v/2) = v (1 + t Q(t)), t = v^2, 0 <= v <= 0.66667: error 2^-112.14
    #define ACCURATE_Q0_HIGH 0x1.5555555555555p-4  // 0.08333333333333333
    #define ACCURATE_Q0_LOW 0x1.5555555555555p-58  // 4.625929269271485e-18
    #define ACCURATE_Q1_HIGH 0x1.999999999999ap-7  // 0.0125
    #define ACCURATE_Q1_LOW -0x1.99999999999c1p-61  // -6.938893903907266e-19
    #define ACCURATE_Q2_HIGH 0x1.2492492492492p-9  // 0.002232142857142857
    #define ACCURATE_Q2_LOW 0x1.2492492499f1bp-63  // 1.2390881971338425e-19
    #define ACCURATE_Q3_HIGH 0x1.c71c71c71c71cp-12  // 0.00043402777777777775
    #define ACCURATE_Q3_LOW 0x1.c71c71af24a98p-66  // 2.409338153515963e-20
    #define ACCURATE_Q4_HIGH 0x1.745d1745d1746p-14  // 8.87784090909091e-05
    #define ACCURATE_Q4_LOW -0x1.745cea67ab1a6p-69  // -2.464091316070696e-21
    #define ACCURATE_Q5_HIGH 0x1.3b13b13b13b14p-16  // 1.8780048076923078e-05
    #define ACCURATE_Q5_LOW -0x1.3b218dcbb0455p-70  // -1.0426812456714562e-21
    #define ACCURATE_Q6_HIGH 0x1.1111111111111p-18  // 4.069010416666667e-06
    #define ACCURATE_Q6_LOW 0x1.29289e46e56c6p-74  // 6.14509716586952e-23
    #define ACCURATE_Q7_HIGH 0x1.e1e1e1e1e1e1dp-21  // 8.975758272058822e-07
    #define ACCURATE_Q7_LOW 0x1.40d713a918fe5p-76  // 1.658704666471342e-23
    #define ACCURATE_Q8_HIGH 0x1.af286bca1af64p-23  // 2.007735402960542e-07
    #define ACCURATE_Q8_LOW -0x1.c311515dafa71p-79  // -2.9149563531780036e-24
    #define ACCURATE_Q9_HIGH 0x1.8618618617af5p-25  // 4.5413062685993036e-08
    #define ACCURATE_Q9_LOW -0x1.5b75f730a17d9p-80  // -1.1227064059422405e-24
    #define ACCURATE_Q10_HIGH 0x1.642c8590cc628p-27  // 1.0366025178507005e-08
    #define ACCURATE_Q10_LOW 0x1.55af6e438a907p-81  // 5.520223361380461e-25
    #define ACCURATE_Q11_HIGH 0x1.47ae1477c9595p-29  // 2.3841857896740415e-09
    #define ACCURATE_Q11_LOW 0x1.38d5dd1f31117p-83  // 1.2635321395781833e-25
    #define ACCURATE_Q12_HIGH 0x1.2f684c24f0163p-31  // 5.518948671481403e-10
    #define ACCURATE_Q12_LOW 0x1.a86d8316b1163p-88  // 5.357031742689805e-27
    #define ACCURATE_Q13_HIGH 0x1.1a7b905ae362ap-33  // 1.2845824650548151e-10
    #define ACCURATE_Q13_LOW 0x1.61eb6d4339255p-87  // 8.934187660886472e-27
    #define ACCURATE_Q14_HIGH 0x1.08426ac8fa104p-35  // 3.004282028891703e-11
    #define ACCURATE_Q14_LOW -0x1.48bd4049564cap-90  // -1.037318207791786e-27
    #define ACCURATE_Q15_HIGH 0x1.f0732165ea538p-38  // 7.054974963191775e-12
    #define ACCURATE_Q15_LOW -0x1.0e6be6e1f4462p-101  // -4.166502788374268e-31
    #define ACCURATE_Q16 0x1.d479398d5c2f0p-40  // 1.6643523339137354e-12
    #define ACCURATE_Q17 0x1.b7e4a38be9e31p-42  // 3.9070357662229226e-13
    #define ACCURATE_Q18 0x1.b699100c4efebp-44  // 9.738829767608718e-14
    #define ACCURATE_Q19 0x1.368d99427f853p-46  // 1.723916119901879e-14
    #define ACCURATE_Q20 0x1.5a45679a9db26p-47  // 9.610954035985258e-15
    #define ACCURATE_Q21 -0x1.6e65d5b4943edp-50  // -1.2711977031267753e-15
    #define ACCURATE_Q22 0x1.475167dfc46edp-50  // 1.1356124070370677e-15

    // exp(r) = sum of r^j / j! for j < 2, + r^2 E(r), |r| <= 0.34658: error 2^-51.33
    #define WIDE_E0 0x1.ffffffffffdf2p-2  // 0.4999999999999708
    #define WIDE_E1 0x1.5555555550597p-3  // 0.16666666666610006
    #define WIDE_E2 0x1.55555555a620fp-5  // 0.04166666666896301
    #define WIDE_E3 0x1.1111112608ecdp-7  // 0.008333333371474261
    #define WIDE_E4 0x1.6c16c077dc086p-10  // 0.0013888888333575557
    #define WIDE_E5 0x1.a0198c562517fp-13  // 0.00019841184502368198
    #define WIDE_E6 0x1.a01c31d140594p-16  // 2.480209679323537e-05
    #define WIDE_E7 0x1.72ea13a8ea5eap-19  // 2.7635273522521626e-06
    #define WIDE_E8 0x1.267706b7a912ep-22  // 2.742418518753256e-07

    // 2^f = c (P(f) + f^8), |f| <= 0.50001, for some c: error 2^-40.23
    #define BRIEF_P0 0x1.72969af82b805p+19  // 758964.8427941805
    #define BRIEF_P1 0x1.00df4ae8ca6ddp+19  // 526074.3409168381
    #define BRIEF_P2 0x1.6419bc8eed799p+17  // 182323.4731118053
    #define BRIEF_P3 0x1.491b55d79179ep+15  // 42125.66766028035
    #define BRIEF_P4 0x1.c83d248683332p+12  // 7299.821417343615
    #define BRIEF_P5 0x1.f9fb273662225p+9  // 1011.9621341685457
    #define BRIEF_P6 0x1.d3a3a7df9c411p+6  // 116.9098200739975
    #define BRIEF_P7 0x1.73d3638b5a3b7p+3  // 11.619554302380363

    // exp(r) = sum of r^j / j! for j < 3, + r^3 E(r), |r| <= 0.34658: error 2^-82.75
    #define QUICK_E0_HIGH 0x1.5555555555555p-3  // 0.16666666666666666
    #define QUICK_E0_LOW 0x1.5553893e57420p-57  // 9.251668249855725e-18
    #define QUICK_E1_HIGH 0x1.5555555555555p-5  // 0.041666666666666664
    #define QUICK_E1_LOW 0x1.54c72d0a11b85p-59  // 2.3092017596303052e-18
    #define QUICK_E2_HIGH 0x1.1111111111111p-7  // 0.008333333333333333
    #define QUICK_E2_LOW 0x1.4a6b5275b0757p-63  // 1.3993798583152122e-19
    #define QUICK_E3_HIGH 0x1.6c16c16c16c19p-10  // 0.0013888888888888894
    #define QUICK_E3_LOW -0x1.35ad2541d9274p-64  // -6.557651780593611e-20
    #define QUICK_E4 0x1.a01a01a019ff1p-13  // 0.0001984126984126973
    #define QUICK_E5 0x1.a01a01a018bc2p-16  // 2.4801587301569656e-05
    #define QUICK_E6 0x1.71de3a557a6bap-19  // 2.7557319224228237e-06
    #define QUICK_E7 0x1.27e4fb7e16ab9p-22  // 2.7557319260343745e-07
    #define QUICK_E8 0x1.ae64563164eb4p-26  // 2.505210811505001e-08
    #define QUICK_E9 0x1.1eed6b652955fp-29  // 2.087671746049622e-09
    #define QUICK_E10 0x1.612532c27dbe8p-33  // 1.6059189228236905e-10
    #define QUICK_E11 0x1.945b4a310acbdp-37  // 1.1492505814872285e-11
    #define QUICK_E12 0x1.ad0ba4c26a748p-41  // 7.621378777491354e-13

    // exp(r/2) = sum of (r/2)^j / j! for j < 3, + r^3 E(r), |r| <= 0.34658: error 2^-75.56
    #define BRIEF_E0_HIGH 0x1.5555555555555p-6  // 0.020833333333333332
    #define BRIEF_E0_LOW 0x1.5aa4122c1a79fp-60  // 1.1744650604120953e-18
    #define BRIEF_E1 0x1.5555555555555p-9  // 0.0026041666666666665
    #define BRIEF_E2 0x1.11111111110efp-12  // 0.0002604166666666648
    #define BRIEF_E3 0x1.6c16c16c17532p-16  // 2.1701388888896787e-05
    #define BRIEF_E4 0x1.a01a01a0643f3p-20  // 1.5500992064135997e-06
    #define BRIEF_E5 0x1.a01a01952f045p-24  // 9.688120024530871e-08
    #define BRIEF_E6 0x1.71de35ce8617bp-28  // 5.38228790574937e-09
    #define BRIEF_E7 0x1.27e5537d0eb55p-32  // 2.6911566709122537e-10
    #define BRIEF_E8 0x1.aea589e90c535p-37  // 1.2239713544058007e-11
    #define BRIEF_E9 0x1.1cfc74fa3feedp-41  // 5.062371143359776e-13

    // exp(r/2) = sum of (r/2)^j / j! for j < 3, + r^3 E(r), |r| <= 0.34658: error 2^-83.70
    #define LONG_E0_HIGH 0x1.5555555555555p-6  // 0.020833333333333332
    #define LONG_E0_LOW 0x1.5558478d0d2fcp-60  // 1.1565213094564341e-18
    #define LONG_E1_HIGH 0x1.5555555555555p-9  // 0.0026041666666666665
    #define LONG_E1_LOW 0x1.581b15303fb03p-63  // 1.4573447160810726e-19
    #define LONG_E2 0x1.1111111111111p-12  // 0.00026041666666666666
    #define LONG_E3 0x1.6c16c16c16bfap-16  // 2.170138888888879e-05
    #define LONG_E4 0x1.a01a01a01a243p-20  // 1.5500992063493235e-06
    #define LONG_E5 0x1.a01a01a05049cp-24  // 9.688120039976802e-08
    #define LONG_E6 0x1.71de3a5373ff4p-28  // 5.382288909225591e-09
    #define LONG_E7 0x1.27e4f87c16083p-32  // 2.691144041598756e-10
    #define LONG_E8 0x1.ae64707e2672ep-37  // 1.2232486071284037e-11
    #define LONG_E9 0x1.1f153ab75e19ep-41  // 5.09961721187802e-13
    #define LONG_E10 0x1.60b3fdc9f442ep-46  // 1.9578954638723606e-14

    // 2 atanh(v/2) = v (1 + t Q(t)), t = v^2, 0 <= v <= 0.4008: error 2^-54.98
    #define WIDE_LOG_Q0 0x1.55555555556d3p-4  // 0.08333333333333863
    #define WIDE_LOG_Q1 0x1.9999999915f5dp-7  // 0.012499999999064643
    #define WIDE_LOG_Q2 0x1.2492499b114c3p-9  // 0.002232142911028663
    #define WIDE_LOG_Q3 0x1.c71c0ea9d9da3p-12  // 0.0004340263354749246
    #define WIDE_LOG_Q4 0x1.7472f2444b105p-14  // 8.879876356066372e-05
    #define WIDE_LOG_Q5 0x1.38769ddfb9d55p-16  // 1.8624266771375315e-05
    #define WIDE_LOG_Q6 0x1.39bbbdb653f07p-18  // 4.674991421829489e-06

    // 2 atanh(v/2) = v (1 + t Q(t)), t = v^2, 0 <= v <= 0.34316: error 2^-84.99
    #define QUICK_LOG_Q0_HIGH 0x1.5555555555555p-4  // 0.08333333333333333
    #define QUICK_LOG_Q0_LOW 0x1.5555615658643p-58  // 4.625931751630766e-18
    #define QUICK_LOG_Q1_HIGH 0x1.999999999999ap-7  // 0.0125
    #define QUICK_LOG_Q1_LOW -0x1.9a67239a0e09ep-61  // -6.952495338576284e-19
    #define QUICK_LOG_Q2_HIGH 0x1.2492492492493p-9  // 0.0022321428571428575
    #define QUICK_LOG_Q2_LOW -0x1.19fb9207f48efp-64  // -5.971215873021858e-20
    #define QUICK_LOG_Q3_HIGH 0x1.c71c71c71c57dp-12  // 0.00043402777777775526
    #define QUICK_LOG_Q3_LOW 0x1.ba6cb3df47c71p-66  // 2.3421764344036117e-20
    #define QUICK_LOG_Q4 0x1.745d1745e663dp-14  // 8.877840909207124e-05
    #define QUICK_LOG_Q5 0x1.3b13b1308a646p-16  // 1.8780048039490517e-05
    #define QUICK_LOG_Q6 0x1.111114848b6cfp-18  // 4.069011201352729e-06
    #define QUICK_LOG_Q7 0x1.e1e0633e50a0cp-21  // 8.975649519532506e-07
    #define QUICK_LOG_Q8 0x1.af5eb2abab0e7p-23  // 2.0087226936438799e-07
    #define QUICK_LOG_Q9 0x1.8142f5e26c587p-25  // 4.4850349007080795e-08
    #define QUICK_LOG_Q10 0x1.a255a1d89f68ap-27  // 1.2175136386264277e-08

    // the same in float32, for the 16-bit types
    #define NARROW_LN2 0x1.62e4300000000p-1f  // 0.6931471824645996
    #define NARROW_LOG2_E 0x1.7154760000000p+0f  // 1.4426950216293335
    #define NARROW_SHIFT 0x1.8000000000000p+23f  // 12582912.0

    // tanh(r/2) = r B(a) / a, a = A0 + r^2, |r| <= 0.34658: error 2^-25.07
    #define NARROW_A0 0x1.40119a0000000p+3f  // 10.002148628234863
    #define NARROW_B0 0x1.0ac7f20000000p+2f  // 4.168453693389893
    #define NARROW_B1 0x1.54f7dc0000000p-4f  // 0.083244189620018

    // 2 atanh(v/2) = v (1 + t Q(t)), t = v^2, 0 <= v <= 0.66667: error 2^-27.46
    #define NARROW_Q0 0x1.5555020000000p-4f  // 0.08333302289247513
    #define NARROW_Q1 0x1.99d2080000000p-7f  // 0.012506727129220963
    #define NARROW_Q2 0x1.1ebd060000000p-9f  // 0.0021876401733607054
    #define NARROW_Q3 0x1.1ed7f20000000p-11f  // 0.0005471106269396842

    // ln 2 = HIGH + LOW, in float32
    #define TABLED_LN2_HIGH 0x1.62e4300000000p-1f  // 0.6931471824645996
    #define TABLED_LN2_LOW -0x1.05c6100000000p-29f  // -1.9046542121259336e-09
    #define TABLED_LOG2_E 0x1.7154760000000p+0f  // 1.4426950216293335

    // a + SHIFT is a rounded to a multiple of 1/32, the low bits count them
    #define TABLED_SHIFT 0x1.8000000000000p+18f  // 393216.0

    // exp(r) = sum of r^j / j! for j < 3, + r^3 E(r), |r| <= 0.010833: error 2^-42.45
    #define TABLED_E0 0x1.5555c80000000p-3f  // 0.16666752099990845
    #define TABLED_E1 0x1.5555880000000p-5f  // 0.04166676104068756

    // 2^(j/32) in float32, and log(2^(j/32) / that)
    #define TABLED_POWERS \\
        0x1.0000000000000p+0f, 0x1.059b0e0000000p+0f, 0x1.0b55860000000p+0f, 0x1.11301e0000000p+0f, \\
        0x1.172b840000000p+0f, 0x1.1d48740000000p+0f, 0x1.2387a60000000p+0f, 0x1.29e9e00000000p+0f, \\
        0x1.306fe00000000p+0f, 0x1.371a740000000p+0f, 0x1.3dea640000000p+0f, 0x1.44e0860000000p+0f, \\
        0x1.4bfdae0000000p+0f, 0x1.5342b60000000p+0f, 0x1.5ab07e0000000p+0f, 0x1.6247ec0000000p+0f, \\
        0x1.6a09e60000000p+0f, 0x1.71f75e0000000p+0f, 0x1.7a11480000000p+0f, 0x1.82589a0000000p+0f, \\
        0x1.8ace540000000p+0f, 0x1.93737c0000000p+0f, 0x1.9c49180000000p+0f, 0x1.a5503c0000000p+0f, \\
        0x1.ae89fa0000000p+0f, 0x1.b7f7700000000p+0f, 0x1.c199be0000000p+0f, 0x1.cb720e0000000p+0f, \\
        0x1.d5818e0000000p+0f, 0x1.dfc9740000000p+0f, 0x1.ea4afa0000000p+0f, 0x1.f507660000000p+0f
    #define TABLED_LOGS \\
        0x0.0p+0f, -0x1.9474160000000p-25f, 0x1.8d96d40000000p-25f, -0x1.dda2fe0000000p-25f, \\
        -0x1.9c0c220000000p-27f, -0x1.a2fbb40000000p-25f, 0x1.9649020000000p-25f, -0x1.2b0dbc0000000p-25f, \\
        0x1.1250020000000p-25f, -0x1.cde8ce0000000p-26f, 0x1.370be40000000p-25f, 0x1.336de20000000p-30f, \\
        -0x1.0a35520000000p-25f, -0x1.c541b60000000p-26f, -0x1.00d8ac0000000p-27f, -0x1.6cb2840000000p-25f, \\
        0x1.26055c0000000p-26f, 0x1.8b2bb80000000p-26f, -0x1.05cb440000000p-25f, -0x1.1c21420000000p-26f, \\
        0x1.67a1ca0000000p-28f, -0x1.348e560000000p-25f, 0x1.a3b5e40000000p-28f, -0x1.0b7ec80000000p-25f, \\
        -0x1.f9c3060000000p-27f, -0x1.e4c8860000000p-26f, -0x1.6961b40000000p-28f, -0x1.b5151e0000000p-28f, \\
        -0x1.a5217c0000000p-28f, -0x1.ab71320000000p-26f, 0x1.61428e0000000p-28f, -0x1.2ad5f80000000p-27f

    // a + SHIFT is a rounded to a multiple of 1/16, the low bits count them
    #define SIXTEENTH_SHIFT 0x1.8000000000000p+48  // 422212465065984.0

    // exp(r) = sum of r^j / j! for j < 2, + r^2 E(r), |r| <= 0.021662: error 2^-47.30
    #define SIXTEENTH_E0 0x1.fffffffdb39c8p-2  // 0.4999999998662159
    #define SIXTEENTH_E1 0x1.55555556626eap-3  // 0.16666666669725966
    #define SIXTEENTH_E2 0x1.55573f2b882fep-5  // 0.04166757905864492
    #define SIXTEENTH_E3 0x1.1111250018e0ep-7  // 0.008333342615691765

    // exp(r) = sum of r^j / j! for j < 3, + r^3 E(r), |r| <= 0.021662: error 2^-75.53
    #define BRIEF_SIXTEENTH_E0 0x1.5555555555558p-3  // 0.16666666666666674
    #define BRIEF_SIXTEENTH_E1 0x1.5555555555552p-5  // 0.041666666666666644
    #define BRIEF_SIXTEENTH_E2 0x1.111111109f5a6p-7  // 0.00833333333252535
    #define BRIEF_SIXTEENTH_E3 0x1.6c16c16c7f942p-10  // 0.0013888888889819905
    #define BRIEF_SIXTEENTH_E4 0x1.a01b70d3189f9p-13  // 0.00019841537013849645
    #define BRIEF_SIXTEENTH_E5 0x1.a01a23acc5c7fp-16  // 2.4801618269423578e-05

    // exp(r) = sum of r^j / j! for j < 3, + r^3 E(r), |r| <= 0.021662: error 2^-84.27
    #define LONG_SIXTEENTH_E0_HIGH 0x1.5555555555555p-3  // 0.16666666666666666
    #define LONG_SIXTEENTH_E0_LOW 0x1.5570de1c99ddcp-57  // 9.254773844955951e-18
    #define LONG_SIXTEENTH_E1 0x1.5555555555557p-5  // 0.04166666666666668
    #define LONG_SIXTEENTH_E2 0x1.1111111111102p-7  // 0.008333333333333307
    #define LONG_SIXTEENTH_E3 0x1.6c16c16ba1ddap-10  // 0.0013888888887850699
    #define LONG_SIXTEENTH_E4 0x1.a01a01a2963ccp-13  // 0.00019841269848333424
    #define LONG_SIXTEENTH_E5 0x1.a01b490d07acfp-16  // 2.480188509334618e-05
    #define LONG_SIXTEENTH_E6 0x1.71dc8ffd7a604p-19  // 2.7556834527500268e-06

    // 2^(j/16), and what is left: POWERS (1 + RESTS)
    #define SIXTEENTH_POWERS \\
        0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0, \\
        0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0, \\
        0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0, \\
        0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0
    #define SIXTEENTH_RESTS \\
        0x0.0p+0, 0x1.79aa65d837b6dp-54, -0x1.01b15eaa59348p-55, 0x1.68efde3a8a894p-54, \\
        0x1.34d754db0abb6p-55, 0x1.59f48a72a4c6dp-55, 0x1.690cebb7aafb0p-56, 0x1.063e1e21c5409p-54, \\
        -0x1.3b3efbf5e2228p-54, -0x1.b32dcb94da51dp-56, 0x1.db72fc1f0eab4p-55, 0x1.1affc2b91ce27p-56, \\
        0x1.c1a7792cb3387p-55, 0x1.36eae30af0cb3p-56, 0x1.4a385a63d07a7p-56, -0x1.ff7128fd391f0p-55
    """
    const double LN2_HIGH
    const double LN2_LOW
    const double LN2_MIDDLE
    const double LN2_LOWEST
    const double LN2_NEAR
    const double LN2_REST
    const double LN2
    const double LOG2_E
    const double SHIFT
    const double WIDE_A0
    const double WIDE_B0
    const double WIDE_B1
    const double WIDE_B2
    const double QUICK_B0
    const double QUICK_B1
    const double QUICK_B2
    const double QUICK_B3
    const double QUICK_A0
    const double QUICK_A1
    const double QUICK_A2
    const double ACCURATE_B0_HIGH
    const double ACCURATE_B0_LOW
    const double ACCURATE_B1_HIGH
    const double ACCURATE_B1_LOW
    const double ACCURATE_B2_HIGH
    const double ACCURATE_B2_LOW
    const double ACCURATE_B3_HIGH
    const double ACCURATE_B3_LOW
    const double ACCURATE_B4_HIGH
    const double ACCURATE_B4_LOW
    const double ACCURATE_A0_HIGH
    const double ACCURATE_A0_LOW
    const double ACCURATE_A2_HIGH
    const double ACCURATE_A2_LOW
    const double ACCURATE_A3_HIGH
    const double ACCURATE_A3_LOW
    const double ACCURATE_A4_HIGH
    const double ACCURATE_A4_LOW
    const double WIDE_Q0
    const double WIDE_Q1
    const double WIDE_Q2
    const double WIDE_Q3
    const double WIDE_Q4
    const double WIDE_Q5
    const double WIDE_Q6
    const double QUICK_Q0_HIGH
    const double QUICK_Q0_LOW
    const double QUICK_Q1_HIGH
    const double QUICK_Q1_LOW
    const double QUICK_Q2
    const double QUICK_Q3
    const double QUICK_Q4
    const double QUICK_Q5
    const double QUICK_Q6
    const double QUICK_Q7
    const double QUICK_Q8
    const double QUICK_Q9
    const double QUICK_Q10
    const double QUICK_Q11
    const double QUICK_Q12
    const double ACCURATE_Q0_HIGH
    const double ACCURATE_Q0_LOW
    const double ACCURATE_Q1_HIGH
    const double ACCURATE_Q1_LOW
    const double ACCURATE_Q2_HIGH
    const double ACCURATE_Q2_LOW
    const double ACCURATE_Q3_HIGH
    const double ACCURATE_Q3_LOW
    const double ACCURATE_Q4_HIGH
    const double ACCURATE_Q4_LOW
    const double ACCURATE_Q5_HIGH
    const double ACCURATE_Q5_LOW
    const double ACCURATE_Q6_HIGH
    const double ACCURATE_Q6_LOW
    const double ACCURATE_Q7_HIGH
    const double ACCURATE_Q7_LOW
    const double ACCURATE_Q8_HIGH
    const double ACCURATE_Q8_LOW
    const double ACCURATE_Q9_HIGH
    const double ACCURATE_Q9_LOW
    const double ACCURATE_Q10_HIGH
    const double ACCURATE_Q10_LOW
    const double ACCURATE_Q11_HIGH
    const double ACCURATE_Q11_LOW
    const double ACCURATE_Q12_HIGH
    const double ACCURATE_Q12_LOW
    const double ACCURATE_Q13_HIGH
    const double ACCURATE_Q13_LOW
    const double ACCURATE_Q14_HIGH
    const double ACCURATE_Q14_LOW
    const double ACCURATE_Q15_HIGH
    const double ACCURATE_Q15_LOW
    const double ACCURATE_Q16
    const double ACCURATE_Q17
    const double ACCURATE_Q18
    const double ACCURATE_Q19
    const double ACCURATE_Q20
    const double ACCURATE_Q21
    const double ACCURATE_Q22
    const double WIDE_E0
    const double WIDE_E1
    const double WIDE_E2
    const double WIDE_E3
    const double WIDE_E4
    const double WIDE_E5
    const double WIDE_E6
    const double WIDE_E7
    const double WIDE_E8
    const double BRIEF_P0
    const double BRIEF_P1
    const double BRIEF_P2
    const double BRIEF_P3
    const double BRIEF_P4
    const double BRIEF_P5
    const double BRIEF_P6
    const double BRIEF_P7
    const double QUICK_E0_HIGH
    const double QUICK_E0_LOW
    const double QUICK_E1_HIGH
    const double QUICK_E1_LOW
    const double QUICK_E2_HIGH
    const double QUICK_E2_LOW
    const double QUICK_E3_HIGH
    const double QUICK_E3_LOW
    const double QUICK_E4
    const double QUICK_E5
    const double QUICK_E6
    const double QUICK_E7
    const double QUICK_E8
    const double QUICK_E9
    const double QUICK_E10
    const double QUICK_E11
    const double QUICK_E12
    const double BRIEF_E0_HIGH
    const double BRIEF_E0_LOW
    const double BRIEF_E1
    const double BRIEF_E2
    const double BRIEF_E3
    const double BRIEF_E4
    const double BRIEF_E5
    const double BRIEF_E6
    const double BRIEF_E7
    const double BRIEF_E8
    const double BRIEF_E9
    const double LONG_E0_HIGH
    const double LONG_E0_LOW
    const double LONG_E1_HIGH
    const double LONG_E1_LOW
    const double LONG_E2
    const double LONG_E3
    const double LONG_E4
    const double LONG_E5
    const double LONG_E6
    const double LONG_E7
    const double LONG_E8
    const double LONG_E9
    const double LONG_E10
    const double WIDE_LOG_Q0
    const double WIDE_LOG_Q1
    const double WIDE_LOG_Q2
    const double WIDE_LOG_Q3
    const double WIDE_LOG_Q4
    const double WIDE_LOG_Q5
    const double WIDE_LOG_Q6
    const double QUICK_LOG_Q0_HIGH
    const double QUICK_LOG_Q0_LOW
    const double QUICK_LOG_Q1_HIGH
    const double QUICK_LOG_Q1_LOW
    const double QUICK_LOG_Q2_HIGH
    const double QUICK_LOG_Q2_LOW
    const double QUICK_LOG_Q3_HIGH
    const double QUICK_LOG_Q3_LOW
    const double QUICK_LOG_Q4
    const double QUICK_LOG_Q5
    const double QUICK_LOG_Q6
    const double QUICK_LOG_Q7
    const double QUICK_LOG_Q8
    const double QUICK_LOG_Q9
    const double QUICK_LOG_Q10
    const float NARROW_LN2
    const float NARROW_LOG2_E
    const float NARROW_SHIFT
    const float NARROW_A0
    const float NARROW_B0
    const float NARROW_B1
    const float NARROW_Q0
    const float NARROW_Q1
    const float NARROW_Q2
    const float NARROW_Q3
    const float TABLED_LN2_HIGH
    const float TABLED_LN2_LOW
    const float TABLED_LOG2_E
    const float TABLED_SHIFT
    const float TABLED_E0
    const float TABLED_E1
    const double SIXTEENTH_SHIFT
    const double SIXTEENTH_E0
    const double SIXTEENTH_E1
    const double SIXTEENTH_E2
    const double SIXTEENTH_E3
    const double BRIEF_SIXTEENTH_E0
    const double BRIEF_SIXTEENTH_E1
    const double BRIEF_SIXTEENTH_E2
    const double BRIEF_SIXTEENTH_E3
    const double BRIEF_SIXTEENTH_E4
    const double BRIEF_SIXTEENTH_E5
    const double LONG_SIXTEENTH_E0_HIGH
    const double LONG_SIXTEENTH_E0_LOW
    const double LONG_SIXTEENTH_E1
    const double LONG_SIXTEENTH_E2
    const double LONG_SIXTEENTH_E3
    const double LONG_SIXTEENTH_E4
    const double LONG_SIXTEENTH_E5
    const double LONG_SIXTEENTH_E6
