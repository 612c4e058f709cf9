package dlt698

// ReportNotification is what a server reports by itself. Kind 1: Normals; 2: Records; 3: the port's data passed through
// unread (OAD is the port). DL/T 698.45-2017 7.3.8
type ReportNotification struct {
	PIID    PIID
	Kind    Access
	Normals []ResultNormal
	Records []ResultRecord
	OAD     OAD
	Passed  []byte
}

// The forms of a report.
const (
	ReportList    Access = 1
	ReportRecords Access = 2
	ReportPassed  Access = 3
)

// ReportResponse acknowledges a report: form, PIID, and the OADs of the report. The sender may forget what it names.
type ReportResponse struct {
	PIID PIID
	Kind Access
	OADs []OAD
}

// Acknowledge makes the answer to n.
func Acknowledge(n ReportNotification) ReportResponse {
	a := ReportResponse{PIID: n.PIID &^ 0x40, Kind: n.Kind}
	for _, x := range n.Normals {
		a.OADs = append(a.OADs, x.OAD)
	}
	for _, x := range n.Records {
		a.OADs = append(a.OADs, x.OAD)
	}
	return a
}

func (ReportNotification) tag() uint8 { return tagReportNotification }
func (ReportResponse) tag() uint8     { return tagReportResponse }

func (r *reader) reportNotification() (v ReportNotification) {
	v.Kind = Access(r.u8())
	v.PIID = r.piid()
	switch v.Kind {
	case ReportList:
		v.Normals = r.resultsNormal()
	case ReportRecords:
		v.Records = r.resultsRecord()
	case ReportPassed:
		v.OAD, v.Passed = r.oad(), r.bytes()
	case 4, 5, 6: // simplified records of the later supplements
		if r.err == nil {
			r.err = unsupported(1, "7.3.8", "不支持简化上报", "simplified reports are not supported")
		}
	default:
		r.fail(1, "7.3.8", "上报方式未定义", "no such form of report")
	}
	return v
}

func (v ReportNotification) write(w *writer) {
	w.b = append(w.b, byte(v.Kind), byte(v.PIID))
	switch v.Kind {
	case ReportList:
		w.resultsNormal(v.Normals)
	case ReportRecords:
		w.resultsRecord(v.Records)
	case ReportPassed:
		w.oad(v.OAD)
		w.bytes(v.Passed)
	default:
		w.fail("上报方式未定义", "no such form of report")
	}
}

func (r *reader) reportResponse() (v ReportResponse) {
	v.Kind = Access(r.u8())
	v.PIID = r.piid()
	switch v.Kind {
	case ReportList, ReportRecords:
		v.OADs = r.oads()
	case ReportPassed:
	default:
		r.fail(1, "7.3.8", "上报响应方式未定义", "no such form of report response")
	}
	return v
}

func (v ReportResponse) write(w *writer) {
	w.b = append(w.b, byte(v.Kind), byte(v.PIID))
	switch v.Kind {
	case ReportList, ReportRecords:
		w.oads(v.OADs)
	case ReportPassed:
	default:
		w.fail("上报响应方式未定义", "no such form of report response")
	}
}
