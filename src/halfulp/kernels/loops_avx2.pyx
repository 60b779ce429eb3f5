include "loops.pxi"
include "phases.pxi"
include "reductions.pxi"
