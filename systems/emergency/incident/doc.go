// Package incident takes reports in and keeps incidents (突发事件接报与处置): a caller, a citizen's page, another system or a critical
// alarm tells of something; what tells of the same thing is joined; what is left is an incident, a case of kernel/casework in stages.
//
// The report holds what is personal: the caller's words, name and telephone, and who was hurt. It is shown on one page of its own, to
// those with [GrantPersonal], and each look at it is in the journal. The incident holds nothing personal: its title is made of class,
// district and place, and its timeline refuses no words but asks for none about people.
//
// Sources: the four kinds and four levels, Emergency Response Law of the People's Republic of China (突发事件应对法) art. 3; the
// criteria of levels for accidents, State Council Decree 493 art. 3; the times of reporting, State Council Emergency Office notice of 31
// July 2015 (30 minutes by telephone, one hour in writing for grave ones) and Decree 493 art. 11 (two hours). The classes are named after
// GB/T 35561-2017; its codes are not carried, since its text was not at hand.
package incident
