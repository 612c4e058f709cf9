package dlt698

// code walks over a value with its type. DL/T 698.45-2017 7.3.1
func (d *Data) code(c *coder) {
	if c.err != nil {
		return
	}
	if c.depth++; c.depth > maxDepth {
		c.fail(c.at, "7.3.1", "数据嵌套过深", "the data are nested too deep")
		return
	}
	defer func() { c.depth-- }()
	at := c.at
	u8(c, &d.Tag)
	if w := fixedWidth(d.Tag); w > 0 {
		c.num(&d.Num, w)
		if c.err == nil && d.Tag == TagTI && d.Num>>16 > uint64(Year) {
			c.fail(at+1, "7.3.1", "选项代码未定义", "no such choice")
		}
		return
	}
	switch d.Tag {
	case TagNull:
	case TagArray, TagStructure:
		list(c, &d.Items, 1, (*Data).code)
	case TagBitString:
		n := c.length(int(d.Num))
		if !c.writing {
			d.Num, d.Bytes = uint64(n), c.take((n+7)/8)
			return
		}
		if len(d.Bytes) != (n+7)/8 {
			c.fail(at, "7.3.1", "位串长度与字节数不符", "the bits of a bit-string do not fill its bytes")
		}
		c.fixed(d.Bytes)
	case TagOctetString, TagVisibleString, TagUTF8, TagMAC, TagRN:
		c.bytes(&d.Bytes)
	case TagTSA:
		(*TSA)(&d.Bytes).code(c)
	case TagDateTime:
		if !c.writing {
			d.Bytes = c.take(10)
			return
		}
		if len(d.Bytes) != 10 {
			c.fail(at, "7.3.1", "date_time 应为 10 字节", "a date_time has 10 bytes")
		}
		c.fixed(d.Bytes)
	default:
		d.composite(c, at)
	}
}

// composite walks over the values that lie in Val.
func (d *Data) composite(c *coder, at int) {
	if c.writing && Of(d.Val).Tag != d.Tag {
		c.fail(at, "7.3.1", "类型代码与值不符", "the type code does not fit the value")
		return
	}
	switch d.Tag {
	case TagROAD:
		val[ROAD](c, d)
	case TagRegion:
		val[Region](c, d)
	case TagRSD:
		val[RSD](c, d)
	case TagCSD:
		val[CSD](c, d)
	case TagMS:
		val[MS](c, d)
	case TagSID:
		val[SID](c, d)
	case TagSIDMAC:
		val[SIDMAC](c, d)
	case TagRCSD:
		val[RCSD](c, d)
	default:
		c.fail(at, "7.3.1", "数据类型未定义", "no such data type")
	}
}

func val[T any, P walker[T]](c *coder, d *Data) {
	v, _ := d.Val.(T)
	if P(&v).code(c); !c.writing {
		d.Val = v
	}
}

func (o *OAD) code(c *coder) { u32(c, o) }

func (t *TSA) code(c *coder) {
	at := c.at
	c.bytes((*[]byte)(t))
	if c.err == nil && (len(*t) < 1 || len(*t) > 17) {
		c.fail(at, "7.3.1", "目标服务器地址长度无效", "a target server address has 1 to 17 bytes")
	}
}

func (t *TI) code(c *coder) {
	choice(c, &t.Unit, Year, "7.3.1")
	u16(c, &t.Count)
}

func (v *ROAD) code(c *coder) {
	u32(c, &v.Record)
	list(c, &v.Columns, 4, (*OAD).code)
}

func (v *CSD) code(c *coder) {
	if c.flag(&v.HasRecord); v.HasRecord {
		v.ROAD.code(c)
	} else {
		u32(c, &v.OAD)
	}
}

func (v *RCSD) code(c *coder) {
	list(c, (*[]CSD)(v), 5, (*CSD).code)
}

func (v *Region) code(c *coder) {
	choice(c, &v.Ends, 3, "7.3.1")
	v.From.code(c)
	v.To.code(c)
}

func (v *SID) code(c *coder) {
	u32(c, &v.ID)
	c.bytes(&v.Extra)
}

func (v *SIDMAC) code(c *coder) {
	v.SID.code(c)
	c.bytes(&v.MAC)
}

func (v *Range) code(c *coder) {
	u32(c, &v.OAD)
	v.From.code(c)
	v.To.code(c)
	v.Step.code(c)
}

func (v *RSD) code(c *coder) {
	choice(c, &v.Method, 10, "7.3.1")
	switch v.Method {
	case 1:
		u32(c, &v.OAD)
		v.Value.code(c)
	case 2:
		single(c, &v.Ranges, "7.3.1", (*Range).code)
	case 3:
		list(c, &v.Ranges, 7, (*Range).code)
	case 4, 5:
		v.From.code(c)
		v.Meters.code(c)
	case 6, 7, 8:
		v.From.code(c)
		v.To.code(c)
		v.Step.code(c)
		v.Meters.code(c)
	case 9:
		u8(c, &v.Last)
	case 10:
		u8(c, &v.Last)
		v.Meters.code(c)
	}
}

func (v *MS) code(c *coder) {
	choice(c, &v.Kind, MetersInNumbers, "7.3.1")
	switch v.Kind {
	case MetersByUserType:
		c.bytes(&v.Types)
	case MetersByAddress:
		list(c, &v.Addresses, 2, (*TSA).code)
	case MetersByNumber:
		list(c, &v.Numbers, 2, func(n *uint16, c *coder) { u16(c, n) })
	case MetersInUserTypes, MetersInAddresses, MetersInNumbers:
		list(c, &v.Regions, 3, (*Region).code)
	}
}

// ParseData reads one value that must fill b.
func ParseData(b []byte) (Data, error) {
	c := &coder{b: b}
	d := read[Data](c)
	if c.err == nil && c.at != len(b) {
		c.fail(c.at, "7.3.1", "数据之后有多余字节", "bytes are left over after the data")
	}
	if c.err != nil {
		return Data{}, c.err
	}
	return d, nil
}

// Append prints the value after dst.
func (d Data) Append(dst []byte) ([]byte, error) {
	c := &coder{b: dst, writing: true}
	if d.code(c); c.err != nil {
		return dst, c.err
	}
	return c.b, nil
}
