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
// Next: Last and Block, and by Part: 0 DAR, 1 Normals, 2 Records. MD5: OAD and Digest.
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
	Digest  []byte
}

func (GetRequest) tag() uint8  { return tagGetRequest }
func (GetResponse) tag() uint8 { return tagGetResponse }

func (r *reader) getRecord() GetRecord {
	return GetRecord{OAD: r.oad(), Rows: r.rsd(), Cols: r.rcsd()}
}

func (w *writer) getRecord(v GetRecord) {
	w.oad(v.OAD)
	w.rsd(v.Rows)
	w.rcsd(v.Cols)
}

func (r *reader) getRequest() (v GetRequest) {
	v.Kind = Access(r.u8())
	v.PIID = r.piid()
	switch v.Kind {
	case Normal, MD5:
		v.OADs = []OAD{r.oad()}
	case NormalList:
		v.OADs = r.oads()
	case Record:
		v.Records = []GetRecord{r.getRecord()}
	case RecordList:
		for range r.count(6) {
			v.Records = append(v.Records, r.getRecord())
		}
	case Next:
		v.Block = r.u16()
	default:
		r.fail(1, "7.3.5", "读取方式未定义", "no such form of GET")
	}
	return v
}

func (v GetRequest) write(w *writer) {
	w.b = append(w.b, byte(v.Kind), byte(v.PIID))
	switch {
	case (v.Kind == Normal || v.Kind == MD5) && len(v.OADs) == 1:
		w.oad(v.OADs[0])
	case v.Kind == NormalList:
		w.oads(v.OADs)
	case v.Kind == Record && len(v.Records) == 1:
		w.getRecord(v.Records[0])
	case v.Kind == RecordList:
		w.length(len(v.Records))
		for _, x := range v.Records {
			w.getRecord(x)
		}
	case v.Kind == Next:
		w.u16(v.Block)
	default:
		w.fail("读取方式与内容不符", "form and content of the GET do not fit")
	}
}

func (r *reader) oads() []OAD {
	n := r.count(4)
	v := make([]OAD, 0, n)
	for range n {
		v = append(v, r.oad())
	}
	return v
}

func (w *writer) oads(v []OAD) {
	w.length(len(v))
	for _, o := range v {
		w.oad(o)
	}
}

func (r *reader) resultNormal() (v ResultNormal) {
	v.OAD = r.oad()
	if v.Failed = !r.option(); v.Failed { // DL/T 698.45-2017 7.3.5: Get-Result, 0 DAR, 1 Data
		v.DAR = DAR(r.u8())
	} else {
		v.Data = r.data()
	}
	return v
}

func (w *writer) resultNormal(v ResultNormal) {
	w.oad(v.OAD)
	if v.Failed {
		w.b = append(w.b, 0, byte(v.DAR))
		return
	}
	w.u8(1)
	w.data(v.Data)
}

func (r *reader) resultsNormal() (v []ResultNormal) {
	for range r.count(6) {
		v = append(v, r.resultNormal())
		if r.err != nil {
			break
		}
	}
	return v
}

func (w *writer) resultsNormal(v []ResultNormal) {
	w.length(len(v))
	for _, x := range v {
		w.resultNormal(x)
	}
}

func (r *reader) resultRecord() (v ResultRecord) {
	v.OAD, v.Cols = r.oad(), r.rcsd()
	if v.Failed = !r.option(); v.Failed {
		v.DAR = DAR(r.u8())
		return v
	}
	at := r.at
	n := r.count(len(v.Cols))
	if n > 0 && len(v.Cols) == 0 {
		r.fail(at, "7.3.5", "有记录而没有列选择", "there are rows but no columns")
	}
	if r.items += n * len(v.Cols); r.items > maxItems {
		r.fail(at, "7.3.1", "元素过多", "too many elements")
	}
	if r.err != nil {
		return v
	}
	v.Rows = make([][]Data, 0, n)
	cells := make([]Data, 0, n*len(v.Cols))
	for range n {
		from := len(cells)
		for range v.Cols {
			cells = append(cells, r.data())
		}
		if r.err != nil {
			return v
		}
		v.Rows = append(v.Rows, cells[from:len(cells):len(cells)])
	}
	return v
}

func (w *writer) resultRecord(v ResultRecord) {
	w.oad(v.OAD)
	w.rcsd(v.Cols)
	if v.Failed {
		w.b = append(w.b, 0, byte(v.DAR))
		return
	}
	w.u8(1)
	w.length(len(v.Rows))
	for _, row := range v.Rows {
		if len(row) != len(v.Cols) {
			w.fail("记录的列数不符", "a row has not as many values as there are columns")
			return
		}
		for _, d := range row {
			w.data(d)
		}
	}
}

func (r *reader) resultsRecord() (v []ResultRecord) {
	for range r.count(7) {
		v = append(v, r.resultRecord())
		if r.err != nil {
			break
		}
	}
	return v
}

func (w *writer) resultsRecord(v []ResultRecord) {
	w.length(len(v))
	for _, x := range v {
		w.resultRecord(x)
	}
}

func (r *reader) getResponse() (v GetResponse) {
	v.Kind = Access(r.u8())
	v.PIID = r.piid()
	switch v.Kind {
	case Normal:
		v.Normals = []ResultNormal{r.resultNormal()}
	case NormalList:
		v.Normals = r.resultsNormal()
	case Record:
		v.Records = []ResultRecord{r.resultRecord()}
	case RecordList:
		v.Records = r.resultsRecord()
	case Next:
		v.Last, v.Block = r.choice(1, "7.3.5") == 1, r.u16()
		switch v.Part = r.choice(2, "7.3.5"); v.Part {
		case 0:
			v.DAR = DAR(r.u8())
		case 1:
			v.Normals = r.resultsNormal()
		case 2:
			v.Records = r.resultsRecord()
		}
	case MD5:
		v.OAD, v.Digest = r.oad(), r.bytes()
	default:
		r.fail(1, "7.3.5", "读取方式未定义", "no such form of GET")
	}
	return v
}

func (v GetResponse) write(w *writer) {
	w.b = append(w.b, byte(v.Kind), byte(v.PIID))
	switch {
	case v.Kind == Normal && len(v.Normals) == 1:
		w.resultNormal(v.Normals[0])
	case v.Kind == NormalList:
		w.resultsNormal(v.Normals)
	case v.Kind == Record && len(v.Records) == 1:
		w.resultRecord(v.Records[0])
	case v.Kind == RecordList:
		w.resultsRecord(v.Records)
	case v.Kind == Next && v.Part <= 2:
		last := byte(0)
		if v.Last {
			last = 1
		}
		w.u8(last)
		w.u16(v.Block)
		w.u8(v.Part)
		switch v.Part {
		case 0:
			w.u8(uint8(v.DAR))
		case 1:
			w.resultsNormal(v.Normals)
		case 2:
			w.resultsRecord(v.Records)
		}
	case v.Kind == MD5:
		w.oad(v.OAD)
		w.bytes(v.Digest)
	default:
		w.fail("读取方式与内容不符", "form and content of the GET do not fit")
	}
}
