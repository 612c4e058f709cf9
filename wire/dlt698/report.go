package dlt698

// ReportNotification is what a server reports by itself. Kind 1: Normals; 2: Records; 3: the messages of a port, passed
// through unread (OAD is the port). DL/T 698.45-2017 7.3.8
type ReportNotification struct {
	PIID    PIID
	Kind    Access
	Normals []ResultNormal
	Records []ResultRecord
	OAD     OAD
	Passed  [][]byte
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

func (ReportNotification) tag() uint8       { return tagReportNotification }
func (ReportResponse) tag() uint8           { return tagReportResponse }
func (v ReportNotification) write(c *coder) { v.code(c) }
func (v ReportResponse) write(c *coder)     { v.code(c) }

func (v *ReportNotification) code(c *coder) {
	u8(c, &v.Kind)
	u8(c, &v.PIID)
	switch v.Kind {
	case ReportList:
		list(c, &v.Normals, 6, (*ResultNormal).code)
	case ReportRecords:
		list(c, &v.Records, 7, (*ResultRecord).code)
	case ReportPassed:
		u32(c, &v.OAD)
		list(c, &v.Passed, 1, func(b *[]byte, c *coder) { c.bytes(b) })
	case 4, 5, 6: // of the later supplements: a request for the client's service, consecutive and simplified records
		if c.err == nil {
			c.err = unsupported(1, "7.3.8", "不支持简化上报等补充服务", "simplified reports and other services of the supplements are not supported")
		}
	default:
		c.fail(1, "7.3.8", "上报方式未定义", "no such form of report")
	}
}

func (v *ReportResponse) code(c *coder) {
	u8(c, &v.Kind)
	u8(c, &v.PIID)
	switch v.Kind {
	case ReportList, ReportRecords:
		list(c, &v.OADs, 4, (*OAD).code)
	case ReportPassed:
	default:
		c.fail(1, "7.3.8", "上报响应方式未定义", "no such form of report response")
	}
}
