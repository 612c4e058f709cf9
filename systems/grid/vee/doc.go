// Package vee validates, estimates and edits the readings of the city's meters (数据校核、估算与编辑): each night every meter's day is
// held against the rules of package rule, what is missing is estimated, and people put right what is wrong.
//
// Its data: grid_vee_stat, what is usual for each meter, [rule.StatBytes] bytes a meter, 64 meters a row; grid_vee_pass, the passes
// and how far they are; grid_vee_finding, one row a meter, day and rule, with grid_vee_tally counting them; grid_vee_estimate, by
// which rule each estimate was made; grid_vee_edit, what people put in, with the value before.
//
// A pass goes through the meters in the order of their series, two goroutines at a time, and commits after every 4,096: stopped
// at any moment it goes on from there, and nothing is counted twice. Estimates go through the ledger like readings; an edit and
// its account are one transaction there. A reading that comes for a day that was passed has its meter's day passed again.
//
// A finding is a reason to look and changes nothing by itself. Quality is kept with each sample by kernel/series; the pages of a
// meter's archive and the collection of readings are left to systems/grid.
package vee
