// Package supply reads what was fed into transformer areas and feeders (供电量): CSV files of a day or of quarter hours a line.
//
// It knows lines and their errors, and nothing of the archive; what becomes of a line is the work of systems/grid/loss.
package supply
