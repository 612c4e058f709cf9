// Package pages is what an officer sees of the smart grid (智能电网页面): the overview, the meters and their days, what is missing, the
// orders to read it again, the links, what was imported and what was refused; and the frame that the pages of the room's other
// parts stand in. It changes nothing by itself: orders go to reread.
package pages
