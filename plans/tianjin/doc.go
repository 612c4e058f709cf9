// Package tianjin is the action plan of Tianjin for a new generation of information services, 2014 to 2016
// (天津市新一代信息服务产业发展行动方案（2014－2016年）, issued on 9 April 2014), as data: its units, its 63 targets, the 36 systems
// that it names, its areas, milestones and arithmetic.
//
// The data lies in units.yaml, targets.yaml and systems.yaml, embedded and read strictly: an unknown key, an unknown unit or
// system, a missing half of a name is an error. What the figures stand at is the business of kernel/indicator.
package tianjin
