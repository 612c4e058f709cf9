// Package fault makes faults of known truth (已知真值的故障) of the simulated city's meters: sixteen kinds, of which those of frames (late,
// duplicate, garbled) and of feeders (outage) are made by simulate/grid, the others here.
//
// What is wrong at a meter is a function of the seed, the meter and the time: [Set.Of] draws at most one episode a meter, and [Set.Shown] is what
// the meter shows because of it. Nothing is kept. [Truth] is a line of the truth file.
package fault
