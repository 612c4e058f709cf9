// Package ending (到期提醒) warns of certificates that end soon: 30 days before, and again 7 days before. A city of 16 million certificates
// loses some 15,000 of them on an ordinary day, so that nobody is told of each: the officers of the unit that entered the subjects get one
// notice a day with how many, which leads to the list of those certificates.
//
// Each certificate counts in one notice for each of the two, whatever happens: that it was counted stands in a table, written in the
// transaction that makes the notice due, and kernel/casework/notice sees to it that a notice that is due arrives, once.
//
// Those told are the contacts of the duty "certificates" of the unit; where it has none, the accounts of its officers, on their page of
// notices. What renews itself is not warned of: a server has ACME, a service of this program renews its own. No holder is told, since no
// telephone and no address of theirs is known here.
package ending
