// Package host is the contract between a system (应用系统) of the plan and the program that runs it (承载层).
//
// A system declares what it is as data, a [System]; the program checks every declaration, reads the one configuration file,
// opens the kernels and then each system in the order of the list, runs their jobs and feeds, and closes everything in
// reverse. A system that fails to open is marked broken: its pages answer 503 with the reason, its targets stay
// unconnected, and the rest of the city goes on.
//
// Its data: one table, host_clock, which keeps by how much the plan's clock was moved. Everything else lies with the kernels
// and with the systems.
//
// It leaves to others: which engine holds the data and which systems there are (cmd/haihe, systems), how a page is drawn
// (web, web/ui), who may do what (kernel/identity). The contract is held by host/hosttest.
package host
