package geo

// Shape is a geometry made ready.
type Shape struct{}

// Read reads the coordinates of a geometry of a GeoJSON kind.
func Read(kind string, coordinates []byte) (*Shape, error) { panic("not yet") }

// ReadJSON reads a GeoJSON geometry.
func ReadJSON(raw []byte) (*Shape, error) { panic("not yet") }

func (s *Shape) Box() [4]float64 { panic("not yet") }

func Widen(b [4]float64, metres float64) [4]float64 { panic("not yet") }
func Near(a, b *Shape, metres float64) bool         { panic("not yet") }
func Within(a, b *Shape) bool                       { panic("not yet") }
func Overlaps(a, b *Shape) bool                     { panic("not yet") }
func Intersects(a, b *Shape) bool                   { panic("not yet") }
func Equals(a, b *Shape) bool                       { panic("not yet") }
func Distance(a, b *Shape) float64                  { panic("not yet") }
