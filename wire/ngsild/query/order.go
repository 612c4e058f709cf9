package query

// OrderKey is one key of orderBy (4.23).
type OrderKey struct {
	Path     Path
	Desc     bool
	Distance bool // by distance to OrderGeometry
}

// ParseOrder reads orderBy. ETSI GS CIM 009 V1.9.1 4.23.3.
func ParseOrder(s string, names Names) ([]OrderKey, error) {
	r, err := read("orderBy", s, names)
	if err != nil {
		return nil, err
	}
	var keys []OrderKey
	for {
		if len(keys) == maxNest {
			return nil, r.fail("排序项过多（至多 16 项）", "too many keys, at most 16")
		}
		var k OrderKey
		name, err := r.name(",;[]")
		if err != nil {
			return nil, err
		}
		k.Path.Attr = r.expand(name)
		if err := r.path(&k.Path); err != nil {
			return nil, err
		}
		if k.Path.Any {
			return nil, r.fail("排序路径中不能用 *", "* cannot stand in a path to order by")
		}
		if r.take(";") {
			if err := r.direction(&k); err != nil {
				return nil, err
			}
		}
		if keys = append(keys, k); !r.take(",") {
			return keys, r.end()
		}
	}
}

func (r *reader) direction(k *OrderKey) error {
	k.Distance = r.take("dist-")
	if k.Desc = r.take("desc"); !k.Desc && !r.take("asc") {
		return r.fail("排序方向应为 asc、desc、dist-asc 或 dist-desc", "expected asc, desc, dist-asc or dist-desc")
	}
	return nil
}

// String gives the key as orderBy writes it.
func (k OrderKey) String() string {
	s := k.Path.String()
	switch {
	case k.Distance && k.Desc:
		return s + ";dist-desc"
	case k.Distance:
		return s + ";dist-asc"
	case k.Desc:
		return s + ";desc"
	}
	return s
}
