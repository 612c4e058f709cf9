// Package evidence weighs what speaks for a look at a meter (用电异常线索): a fall against its own past, the area's loss rising as it
// falls, no use while the neighbours use, a register that runs backwards, nights that do not fit.
//
// It gives clues with points and a score that is their sum, and never a verdict: an empty home, a new boiler or a broken meter give
// clues as well as somebody who steals. Whoever reads the score is told what to look at, and people on site find what it is.
//
// Days come from systems/grid/loss; a meter's use is held against the median of the area's meters of its kind, so that weather and
// weekends, which all of them have in common, are no fall.
package evidence
