// Package town is the simulated city as a function (可计算的模拟城市): which meters there are, how much each customer takes at any quarter
// hour, which feeders go dark, who takes current past the meter, and what is fed into each area.
//
// Nothing is kept of a meter: [City.Meter] computes it from its number, the seed and the layout, so that 5.6 million meters cost what their
// 14,000 stations cost. Only [City.Meters] lays all of them out in memory, for cities that are small enough.
// How stations speak is simulate/grid's, what goes wrong with readings simulate/grid/fault's.
package town
