// Package calendar is the city's working calendar (工作日历): which days are worked, and when a term that is counted in working days
// or working hours ends. Every room uses this one.
//
// A day is a workday, a weekend, a public holiday, or a weekend day that is worked for a holiday (调休上班). Days come from the State
// Council's yearly notices: those of 2013 to 2026 are in notice.tsv with their sources, later ones are entered by an officer
// ([Book.Enter]), each taking the place of what was known of its year, and can be taken back. A year without a notice is computed and
// says so ([Calendar.Provisional]): festivals by the rules of the regulation on public holidays as revised in 2024, lunar ones
// from lunar.tsv; which weekends are worked for them only the notice decides, so none is guessed.
//
// [Calendar] and [Hours] are pure and do not change; [Book] keeps what was entered in the tables calendar_notice and calendar_hours.
// All days and hours are those of China (UTC+8, without summer time since 1991). What falls due, and whose term it is, is left to the
// rooms.
package calendar
