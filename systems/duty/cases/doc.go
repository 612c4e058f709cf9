// Package cases is the duty desk's part for cases (案件) of all kinds and all systems: the list with its filters, and a case's page with
// what to do next before what was done. Rooms have pages of their own for what is particular to their kinds. What may be done, and by
// whom, is decided by kernel/casework.
package cases
