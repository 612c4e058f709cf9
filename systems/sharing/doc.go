// Package sharing is the room of government data exchange (信息共享与交换, 3.3.2 of the plan): a unit publishes what it has, another
// applies, the owner decides, calls follow, each authorised, limited and recorded; and the sharing rate is counted from catalogue and
// calls.
//
// Its trades are parts of their own below this folder: catalogue (what there is), apply (who may have it: applications and grants), policy
// (grants as Cedar), source (where data come from), mask (personal fields), serve (the gate that every call passes), overview
// (figures, the log's search, a citizen's page); exchange, member, record and link join nodes to one another (nodes.go). call is what the
// two halves hand one another, page the tabs that they share.
//
// Standards: GB/T 21063 (catalogue of government information resources), the national guide of 2017 to compiling the catalogue, DCAT 3.
package sharing
