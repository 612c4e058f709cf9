// Package static holds what the console sends as it is: style sheets, ES modules, fonts, map layers and the vendored
// libraries, all inside the program, so that no page asks another machine for anything.
//
// The files lie beside this one: css and js are ours, vendor and fonts come from elsewhere (VENDOR.tsv says from where, under
// which licence and with which checksum), geo are the map layers (geo/SOURCES.md). Pages reach them below a prefix that bears
// a hash of them all, so that ES modules may import each other by relative paths and browsers may keep everything for ever.
//
// Who may see them is nobody's question here: they are public.
package static
