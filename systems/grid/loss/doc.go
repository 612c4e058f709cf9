// Package loss holds what was fed into an area against what its meters counted (线损管理): the line loss of each transformer area (台区)
// or feeder by day, and the meters that are worth a look, with what speaks for it.
//
// The archive has no transformer: the area of a concentrator stands for it, since one concentrator serves one transformer, and
// where the supply is metered at the feeder only, the feeder is the area. What was supplied comes from files (package supply), what
// was sold is the difference of the registers at both midnights; meters whose register is missing or ran backwards are left out of
// the sum, and counted beside it. An area's day that lacks more than the limit is not judged.
//
// Its data: grid_loss_area, one row an area and day with the day of each of its meters; grid_loss_suspect, meters with clues, written
// anew for an area whenever a day of it is summed; grid_loss_finding, what inspectors found; grid_loss_limit.
//
// A score orders inspections and says nothing of a customer: pages tell what to look at, and what it is, people say who were there.
package loss
