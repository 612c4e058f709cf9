// Package calendar is the room of the working calendar (工作日历): it shows which days of a year are worked, where that is known from,
// and lets an officer enter a year's notice, take it back, and set working hours. It is common to all systems (3.3.1 of the plan: terms
// of public services are counted in working days); the calendar itself is kernel/calendar's, and keeps everything.
package calendar
