include "loops.pxi"
include "reductions.pxi"
include "phases.pxi"
