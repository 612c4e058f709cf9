// Package pages is what people see of the room (页面): the wall and the map of all plants, lists, the page of a plant and of a point, the evidence of the
// three indicators, and the forms of the register. An officer of a district sees the district's plants, one of the city all.
package pages
