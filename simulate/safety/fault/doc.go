// Package fault makes what goes wrong at simulated plants (模拟异常与真值): leaks, sensors that drift, stick or flutter around a limit, plants
// that fall silent, floods of alarms, values marked bad by their source, garbled frames, and process faults that no limit sees.
//
// A [Set] draws the faults from the seed of the plants, so that any run can be repeated; [Set.Shown] is what an instrument shows, faults
// and all. Every fault is one line of the truth file ([Truth]), written when the run begins.
package fault
