package dlt698

// DAR is the result of an access; 0 is success. DL/T 698.45-2017 7.3.1
type DAR uint8

// Some results.
const (
	Success       DAR = 0
	HardwareFault DAR = 1
	Transient     DAR = 2
	AccessDenied  DAR = 3
	Undefined     DAR = 4
	NotAvailable  DAR = 6
	TypeMismatch  DAR = 7
	OutOfRange    DAR = 8
	NoSegment     DAR = 11
	BadSegment    DAR = 14
	Unauthorised  DAR = 15
	OtherFault    DAR = 255
)

// Access is which form a GET, SET, ACTION or REPORT takes.
type Access uint8

// The forms of GET. Normal and NormalList also are those of SET and ACTION, where 3 is ThenGet; of REPORT 1 is a list and 2 a
// record list.
const (
	Normal     Access = 1
	NormalList Access = 2
	Record     Access = 3
	RecordList Access = 4
	Next       Access = 5
	MD5        Access = 6
	ThenGet    Access = 3
)

// GetRecord asks for rows and columns of a record.
type GetRecord struct {
	OAD  OAD
	Rows RSD
	Cols RCSD
}

// GetRequest reads. Normal and MD5: one of OADs; NormalList: OADs; Record: one of Records; RecordList: Records; Next: Block is
// the number of the last block that arrived well. DL/T 698.45-2017 7.3.5
type GetRequest struct {
	PIID    PIID
	Kind    Access
	OADs    []OAD
	Records []GetRecord
	Block   uint16
}

// ResultNormal is an attribute's value, or why there is none.
type ResultNormal struct {
	OAD    OAD
	Failed bool
	DAR    DAR  // where Failed
	Data   Data // otherwise
}

// ResultRecord is a table of rows, or why there is none. Every row has one value for each of Cols; a column of a record
// (ROAD) is an array of that record's columns.
type ResultRecord struct {
	OAD    OAD
	Cols   RCSD
	Failed bool
	DAR    DAR
	Rows   [][]Data
}

// GetResponse answers. Normal: one of Normals; NormalList: Normals; Record: one of Records; RecordList: Records.
// Next: Last and Block, and by Part: 0 DAR, 1 Normals, 2 Records. MD5: OAD, and where not Failed Digest, otherwise DAR.
type GetResponse struct {
	PIID    PIID
	Kind    Access
	Normals []ResultNormal
	Records []ResultRecord
	Last    bool
	Block   uint16
	Part    uint8
	DAR     DAR
	OAD     OAD
	Failed  bool
	Digest  []byte
}

func (GetRequest) tag() uint8        { return tagGetRequest }
func (GetResponse) tag() uint8       { return tagGetResponse }
func (v GetRequest) write(c *coder)  { v.code(c) }
func (v GetResponse) write(c *coder) { v.code(c) }

func (v *GetRecord) code(c *coder) {
	u32(c, &v.OAD)
	v.Rows.code(c)
	v.Cols.code(c)
}

func (v *GetRequest) code(c *coder) {
	u8(c, &v.Kind)
	u8(c, &v.PIID)
	switch v.Kind {
	case Normal, MD5:
		single(c, &v.OADs, "7.3.5", (*OAD).code)
	case NormalList:
		list(c, &v.OADs, 4, (*OAD).code)
	case Record:
		single(c, &v.Records, "7.3.5", (*GetRecord).code)
	case RecordList:
		list(c, &v.Records, 6, (*GetRecord).code)
	case Next:
		u16(c, &v.Block)
	default:
		c.fail(1, "7.3.5", "读取方式未定义", "no such form of GET")
	}
}

// result walks over the byte that tells a DAR (0) from a result (1), and over the DAR.
func (c *coder) result(failed *bool, dar *DAR) {
	ok := !*failed
	c.flag(&ok)
	if *failed = !ok; *failed {
		u8(c, dar)
	}
}

func (v *ResultNormal) code(c *coder) {
	u32(c, &v.OAD)
	if c.result(&v.Failed, &v.DAR); !v.Failed {
		v.Data.code(c)
	}
}

func (v *ResultRecord) code(c *coder) {
	u32(c, &v.OAD)
	v.Cols.code(c)
	if c.result(&v.Failed, &v.DAR); v.Failed || c.err != nil {
		return
	}
	at, cols := c.at, len(v.Cols)
	list(c, &v.Rows, cols, func(row *[]Data, c *coder) {
		if !c.writing {
			// DL/T 698.45-2017 7.3.5: a row has no count of its own, the columns tell it
			if c.items += cols; c.items > maxItems || cols == 0 {
				c.fail(at, "7.3.5", "记录过多，或没有列选择", "there are too many rows, or no columns")
				return
			}
			*row = make([]Data, cols)
		}
		if len(*row) != cols {
			c.fail(at, "7.3.5", "记录的列数不符", "a row has not as many values as there are columns")
		}
		for i := range *row {
			(*row)[i].code(c)
		}
	})
}

func (v *GetResponse) code(c *coder) {
	u8(c, &v.Kind)
	u8(c, &v.PIID)
	switch v.Kind {
	case Normal:
		single(c, &v.Normals, "7.3.5", (*ResultNormal).code)
	case NormalList:
		list(c, &v.Normals, 6, (*ResultNormal).code)
	case Record:
		single(c, &v.Records, "7.3.5", (*ResultRecord).code)
	case RecordList:
		list(c, &v.Records, 7, (*ResultRecord).code)
	case Next:
		c.flag(&v.Last)
		u16(c, &v.Block)
		switch choice(c, &v.Part, 2, "7.3.5"); v.Part {
		case 0:
			u8(c, &v.DAR)
		case 1:
			list(c, &v.Normals, 6, (*ResultNormal).code)
		case 2:
			list(c, &v.Records, 7, (*ResultRecord).code)
		}
	case MD5:
		u32(c, &v.OAD)
		if c.result(&v.Failed, &v.DAR); !v.Failed {
			c.bytes(&v.Digest)
		}
	default:
		c.fail(1, "7.3.5", "读取方式未定义", "no such form of GET")
	}
}
