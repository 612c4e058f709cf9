// Package usage counts what a meter's customer drew (用电量): between two times, by quarter hour, by day, what it costs by a tariff, and
// whether an average of like customers may be shown.
//
// It is values only: registers in 0.0001 kWh in, energies in the same unit out. Where the registers come from, and who may see what
// is made of them, is the work of systems/grid/customer.
package usage
