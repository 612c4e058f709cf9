package walk

import (
	"math"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// locationAttr is the GeoProperty that a Box selects by, as NGSI-LD has it: the default geo property is location (4.10).
const locationAttr = "location"

// Points lie in a grid of cells of a hundredth of a degree (in Tianjin 1.1 km by 0.9 km), rows from the south pole, columns
// from the antimeridian, numbered row by row. What is not a point has spreadCell and is a candidate for every box.
const (
	cellsPerDegree = 100
	cellColumns    = 360*cellsPerDegree + 1
	spreadCell     = -1
	maxCellRows    = 24 // more rows than this are asked for as one range
)

func cellRow(lat float64) int64    { return int64(math.Floor((lat + 90) * cellsPerDegree)) }
func cellColumn(lon float64) int64 { return int64(math.Floor((lon + 180) * cellsPerDegree)) }

// CellOf gives the grid cell of an entity; ok is false where it has no location.
func CellOf(e *ngsi.Entity) (cell int64, ok bool) {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != locationAttr {
			continue
		}
		kind, box, geo := a.Bounds()
		if !geo {
			continue
		}
		if kind != "Point" || ok { // a second instance: the entity is in two places
			return spreadCell, true
		}
		cell, ok = cellRow(box[1])*cellColumns+cellColumn(box[0]), true
	}
	return cell, ok
}

// cellRanges gives the inclusive ranges of cells that cover b. The cells of a box are those of the same sums that CellOf makes, and
// these grow with the coordinate, so no point of the box lies outside.
func cellRanges(b ngsi.Box) [][2]int64 {
	south, north, west, east := cellRow(b[1]), cellRow(b[3]), cellColumn(b[0]), cellColumn(b[2])
	if north-south >= maxCellRows {
		return [][2]int64{{south*cellColumns + west, north*cellColumns + east}}
	}
	var out [][2]int64
	for r := south; r <= north; r++ {
		out = append(out, [2]int64{r*cellColumns + west, r*cellColumns + east})
	}
	return out
}
