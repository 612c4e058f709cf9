package dlt698

// ProxyList is which service a terminal is to use on meters behind it. DL/T 698.45-2017 7.3.8
type ProxyList uint8

// The forms that are spoken here.
const ProxyGet, ProxySet, ProxyAction ProxyList = 1, 3, 5

// ProxyItem is an attribute to read or set, or a method to run: Name is an OAD or OMD. In an answer DAR is its outcome, and Data is there
// where HasData. Of a Get only one of both.
type ProxyItem struct {
	Name    uint32
	DAR     DAR
	HasData bool
	Data    Data
}

// ProxyMeter is what is asked of one meter, in so many Seconds (of a request only), or what it answered.
type ProxyMeter struct {
	Meter   TSA
	Seconds uint16
	Items   []ProxyItem
}

// ProxyRequest has a terminal read, set or act on meters behind it. Seconds are for the whole.
type ProxyRequest struct {
	PIID    PIID
	Kind    ProxyList
	Seconds uint16
	Meters  []ProxyMeter
}

// ProxyResponse answers.
type ProxyResponse struct {
	PIID   PIID
	Kind   ProxyList
	Meters []ProxyMeter
}

func (ProxyRequest) tag() uint8        { return tagProxyRequest }
func (ProxyResponse) tag() uint8       { return tagProxyResponse }
func (v ProxyRequest) write(c *coder)  { v.code(c) }
func (v ProxyResponse) write(c *coder) { v.code(c) }

func (v *ProxyRequest) code(c *coder)  { c.proxy(&v.Kind, &v.PIID, &v.Seconds, &v.Meters) }
func (v *ProxyResponse) code(c *coder) { c.proxy(&v.Kind, &v.PIID, nil, &v.Meters) }

// proxy walks over a request, or over an answer, which has no seconds.
func (c *coder) proxy(k *ProxyList, p *PIID, seconds *uint16, meters *[]ProxyMeter) {
	if u8(c, k); c.err == nil && *k != ProxyGet && *k != ProxySet && *k != ProxyAction {
		c.err = unsupported(1, "7.3.8", "不支持该代理服务", "this form of the proxy service is not supported")
	}
	asks := seconds != nil
	if u8(c, p); asks {
		u16(c, seconds)
	}
	list(c, meters, 3, func(m *ProxyMeter, c *coder) {
		if m.Meter.code(c); asks {
			u16(c, &m.Seconds)
		}
		list(c, &m.Items, 4, func(it *ProxyItem, c *coder) {
			u32(c, &it.Name)
			if !asks && *k != ProxyGet {
				u8(c, &it.DAR)
			}
			if !asks && *k != ProxySet {
				c.flag(&it.HasData)
			}
			switch {
			case it.HasData || asks && *k != ProxyGet:
				it.Data.code(c)
			case !asks && *k == ProxyGet:
				u8(c, &it.DAR)
			}
		})
	})
}
