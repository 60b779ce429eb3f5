include "loops.pxi"
include "reductions.pxi"
