package dlt698

// SetItem is one attribute to set; of ThenGet also what to read afterwards and after how many seconds.
type SetItem struct {
	OAD   OAD
	Data  Data
	Get   OAD
	Delay uint8
}

// SetRequest writes. Normal: one item. DL/T 698.45-2017 7.3.6
type SetRequest struct {
	PIID  PIID
	Kind  Access
	Items []SetItem
}

// SetResult is the outcome of one item; Got is there of ThenGet. SetResponse answers with them.
type (
	SetResult struct {
		OAD OAD
		DAR DAR
		Got ResultNormal
	}
	SetResponse struct {
		PIID    PIID
		Kind    Access
		Results []SetResult
	}
)

// ActionItem is one method to run; of ThenGet also what to read afterwards and after how many seconds.
type ActionItem struct {
	OMD   OMD
	Data  Data
	Get   OAD
	Delay uint8
}

// ActionRequest runs methods. Normal: one item. DL/T 698.45-2017 7.3.7
type ActionRequest struct {
	PIID  PIID
	Kind  Access
	Items []ActionItem
}

// ActionResult is the outcome of one item; Got is there of ThenGet.
type ActionResult struct {
	OMD     OMD
	DAR     DAR
	HasData bool
	Data    Data
	Got     ResultNormal
}

// ActionResponse answers.
type ActionResponse struct {
	PIID    PIID
	Kind    Access
	Results []ActionResult
}

// ClockOAD is the attribute that holds the clock of a device (date_time_s).
const ClockOAD OAD = 0x40000200

// SetClock asks a device to set its clock.
func SetClock(p PIID, now DateTimeS) SetRequest {
	return SetRequest{PIID: p, Kind: Normal, Items: []SetItem{{OAD: ClockOAD, Data: Of(now)}}}
}

func (SetRequest) tag() uint8           { return tagSetRequest }
func (SetResponse) tag() uint8          { return tagSetResponse }
func (ActionRequest) tag() uint8        { return tagActionRequest }
func (ActionResponse) tag() uint8       { return tagActionResponse }
func (v SetRequest) write(c *coder)     { v.code(c) }
func (v SetResponse) write(c *coder)    { v.code(c) }
func (v ActionRequest) write(c *coder)  { v.code(c) }
func (v ActionResponse) write(c *coder) { v.code(c) }

// access walks over form, PIID and items; least is the size of the smallest item.
func access[T any](c *coder, k *Access, p *PIID, items *[]T, least int, clause string, one func(*T, *coder)) {
	u8(c, k)
	u8(c, p)
	switch *k {
	case Normal:
		single(c, items, clause, one)
	case NormalList, ThenGet:
		list(c, items, least, one)
	default:
		c.fail(1, clause, "服务方式未定义", "no such form of the service")
	}
}

func (v *SetRequest) code(c *coder) {
	access(c, &v.Kind, &v.PIID, &v.Items, 5, "7.3.6", func(it *SetItem, c *coder) {
		u32(c, &it.OAD)
		it.Data.code(c)
		if v.Kind == ThenGet {
			u32(c, &it.Get)
			u8(c, &it.Delay)
		}
	})
}

func (v *SetResponse) code(c *coder) {
	access(c, &v.Kind, &v.PIID, &v.Results, 5, "7.3.6", func(it *SetResult, c *coder) {
		u32(c, &it.OAD)
		u8(c, &it.DAR)
		if v.Kind == ThenGet {
			it.Got.code(c)
		}
	})
}

func (v *ActionRequest) code(c *coder) {
	access(c, &v.Kind, &v.PIID, &v.Items, 5, "7.3.7", func(it *ActionItem, c *coder) {
		u32(c, &it.OMD)
		it.Data.code(c)
		if v.Kind == ThenGet {
			u32(c, &it.Get)
			u8(c, &it.Delay)
		}
	})
}

func (v *ActionResponse) code(c *coder) {
	access(c, &v.Kind, &v.PIID, &v.Results, 6, "7.3.7", func(it *ActionResult, c *coder) {
		u32(c, &it.OMD)
		u8(c, &it.DAR)
		if c.flag(&it.HasData); it.HasData {
			it.Data.code(c)
		}
		if v.Kind == ThenGet {
			it.Got.code(c)
		}
	})
}
