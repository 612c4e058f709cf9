// Package site is the simulated plants as functions (可计算的模拟企业): which chemical plants, metallurgy plants and fireworks stores there
// are, what is measured at each, between which limits, and what every instrument shows at any moment when nothing is wrong.
//
// Nothing is kept of a reading: [Plant.Clean] computes it from the seed, the plant, the point and the time, so a gap is filled afterwards
// with exactly what would have been sent. A plant's flows, pressures and temperatures follow one load and its levels one stock, which is what
// statistical early warning learns; no clean value reaches a limit.
// How plants speak is simulate/safety's, what goes wrong simulate/safety/fault's.
package site
