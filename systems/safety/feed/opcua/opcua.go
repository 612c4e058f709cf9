package opcua

import (
	"context"
	"math"
	"time"

	gopcua "github.com/gopcua/opcua"
	"github.com/gopcua/opcua/ua"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
)

const name = string(register.OPCUA)

// Options are what the client works with.
type Options struct {
	Desk      *gate.Desk
	Security  string        // none, sign or encrypt (Basic256Sha256)
	Cert, Key string        // files, of sign and encrypt
	Answer    time.Duration // how long a server may take
	Every     time.Duration // how often the nodes are read of a plant whose points state no interval
	MaxNodes  int           // of one plant
}

// Feed listens to all plants of the register that speak OPC UA.
func Feed(o Options) host.Feed {
	pool := &gate.Pool{Desk: o.Desk, Feed: register.OPCUA}
	pool.Speak = func(ctx context.Context, site *register.Site, well func()) error { return speak(ctx, &o, site, well) }
	return host.Feed{Name: name, Run: pool.Run}
}

// session is one plant's.
type session struct {
	o       *Options
	site    *register.Site
	client  *gopcua.Client
	factors []string // by client handle
	nodes   []*ua.NodeID
}

// closeTime is how long a server may take to end a session: the program does not wait for it any longer.
const closeTime = time.Second

// options of the connection.
func (o *Options) options() []gopcua.Option {
	opts := []gopcua.Option{gopcua.AuthAnonymous(), gopcua.AutoReconnect(false), gopcua.RequestTimeout(o.Answer), gopcua.DialTimeout(o.Answer), gopcua.ApplicationName("Haihe"), gopcua.ApplicationURI("urn:haihe:opcua")}
	switch o.Security {
	case "sign":
		opts = append(opts, gopcua.SecurityPolicy("Basic256Sha256"), gopcua.SecurityMode(ua.MessageSecurityModeSign), gopcua.CertificateFile(o.Cert), gopcua.PrivateKeyFile(o.Key))
	case "encrypt":
		opts = append(opts, gopcua.SecurityPolicy("Basic256Sha256"), gopcua.SecurityMode(ua.MessageSecurityModeSignAndEncrypt), gopcua.CertificateFile(o.Cert), gopcua.PrivateKeyFile(o.Key))
	default:
		opts = append(opts, gopcua.SecurityPolicy("None"), gopcua.SecurityMode(ua.MessageSecurityModeNone))
	}
	return opts
}

// endpoint asks the server which of its endpoints fits, so that its certificate is known where one is needed.
func (o *Options) endpoint(ctx context.Context, addr string) ([]gopcua.Option, error) {
	opts := o.options()
	if o.Security != "sign" && o.Security != "encrypt" {
		return opts, nil
	}
	list, err := gopcua.GetEndpoints(ctx, addr, gopcua.DialTimeout(o.Answer), gopcua.RequestTimeout(o.Answer))
	if err != nil {
		return nil, err
	}
	mode := ua.MessageSecurityModeSign
	if o.Security == "encrypt" {
		mode = ua.MessageSecurityModeSignAndEncrypt
	}
	ep, err := gopcua.SelectEndpoint(list, "Basic256Sha256", mode)
	if err != nil {
		return nil, err
	}
	return append(opts, gopcua.SecurityFromEndpoint(ep, ua.UserTokenTypeAnonymous)), nil
}

// speak listens to one plant until something fails.
func speak(ctx context.Context, o *Options, site *register.Site, well func()) error {
	s := &session{o: o, site: site}
	s.lay(ctx)
	if len(s.nodes) == 0 {
		<-ctx.Done() // nothing to listen to until the register changes
		return nil
	}
	opts, err := o.endpoint(ctx, site.Endpoint)
	if err != nil {
		return errs.As(errs.Unavailable, "ask an OPC UA server for its endpoints", err)
	}
	if s.client, err = gopcua.NewClient(site.Endpoint, opts...); err != nil {
		return errs.As(errs.Invalid, "make an OPC UA client", err)
	}
	if err := s.client.Connect(ctx); err != nil {
		return errs.As(errs.Unavailable, "connect to an OPC UA server", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = s.client.Close(ctx) // the session ends with its connection in any case
	}()
	told, err := s.subscribe(ctx)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(o.interval(site.Points))
	defer ticker.Stop()
	for {
		if err := s.read(ctx); err != nil {
			return err
		}
		well()
		for due := false; !due; {
			select {
			case n := <-told:
				if n.Error != nil {
					return errs.As(errs.Unavailable, "listen to an OPC UA server", n.Error)
				}
				if err := s.changed(ctx, n.Value); err != nil {
					return err
				}
			case <-ticker.C:
				due = true
			case <-ctx.Done():
				return nil
			}
		}
	}
}

func (o *Options) interval(points []register.Point) time.Duration {
	every := time.Duration(0)
	for i := range points {
		if e := points[i].Every; e > 0 && (every == 0 || e < every) {
			every = e
		}
	}
	if every == 0 {
		every = o.Every
	}
	return max(every, time.Second)
}

// lay reads the factors as names of nodes; what is none is listed.
func (s *session) lay(ctx context.Context) {
	for i := range s.site.Points {
		factor := s.site.Points[i].Factor
		id, err := ua.ParseNodeID(factor)
		if err != nil || len(s.nodes) >= s.o.MaxNodes {
			s.refuse(ctx, factor, lang.T("因子 "+factor+" 不是 OPC UA 节点，或节点数超限", "the factor "+factor+" is no node of OPC UA, or there are too many"))
			continue
		}
		s.factors, s.nodes = append(s.factors, factor), append(s.nodes, id)
	}
}

func (s *session) refuse(ctx context.Context, factor string, why lang.Text) {
	s.o.Desk.Count(name, gate.NotTaken)
	s.o.Desk.Refuse(ctx, gate.Refused{Peer: s.site.Code, Protocol: name, Reason: why}, []byte(factor))
}

// subscribe has changes told. Nodes that the server does not have are listed, and go on to be read: they may come.
func (s *session) subscribe(ctx context.Context) (<-chan *gopcua.PublishNotificationData, error) {
	told := make(chan *gopcua.PublishNotificationData, 64)
	sub, err := s.client.Subscribe(ctx, &gopcua.SubscriptionParameters{Interval: time.Second}, told)
	if err != nil {
		return nil, errs.As(errs.Unavailable, "subscribe to an OPC UA server", err)
	}
	items := make([]*ua.MonitoredItemCreateRequest, len(s.nodes))
	for i, id := range s.nodes {
		items[i] = gopcua.NewMonitoredItemCreateRequestWithDefaults(id, ua.AttributeIDValue, uint32(i))
	}
	res, err := sub.Monitor(ctx, ua.TimestampsToReturnBoth, items...)
	if err != nil {
		return nil, errs.As(errs.Unavailable, "monitor nodes of an OPC UA server", err)
	}
	for i, r := range res.Results {
		if i < len(s.factors) && r.StatusCode != ua.StatusOK {
			s.refuse(ctx, s.factors[i], lang.T("OPC UA 服务器没有节点 "+s.factors[i], "the OPC UA server does not have the node "+s.factors[i]))
		}
	}
	return told, nil
}

// read reads all nodes.
func (s *session) read(ctx context.Context) error {
	list := make([]*ua.ReadValueID, len(s.nodes))
	for i, id := range s.nodes {
		list[i] = &ua.ReadValueID{NodeID: id, AttributeID: ua.AttributeIDValue}
	}
	res, err := s.client.Read(ctx, &ua.ReadRequest{NodesToRead: list, TimestampsToReturn: ua.TimestampsToReturnNeither})
	if err != nil {
		return errs.As(errs.Unavailable, "read nodes of an OPC UA server", err)
	}
	now := s.o.Desk.Now().Truncate(time.Millisecond)
	values := make([]register.Value, 0, len(res.Results))
	for i, v := range res.Results {
		if i < len(s.factors) && v != nil {
			x := s.value(i, v, now)
			x.At = now // it is the value of now, whenever it last changed
			values = append(values, x)
		}
	}
	return s.store(ctx, values)
}

// changed stores what a notification tells.
func (s *session) changed(ctx context.Context, n any) error {
	change, ok := n.(*ua.DataChangeNotification)
	if !ok {
		return nil // a keep-alive
	}
	now := s.o.Desk.Now().Truncate(time.Millisecond)
	var values []register.Value
	for _, it := range change.MonitoredItems {
		if i := int(it.ClientHandle); i < len(s.factors) && it.Value != nil {
			values = append(values, s.value(i, it.Value, now))
		}
	}
	return s.store(ctx, values)
}

func (s *session) store(ctx context.Context, values []register.Value) error {
	if len(values) == 0 {
		return nil
	}
	err := s.o.Desk.Store(ctx, name, s.site.Code, s.site.Endpoint, values)
	if errs.Is(err, errs.Busy) {
		s.o.Desk.Count(name, gate.Busy)
		return nil // the next reading brings newer ones
	}
	return err
}

// clockSlack is how far a server's time may stand from ours to be believed.
const clockSlack = time.Minute

// value makes a reading of a value. The upper bits of its status say good, uncertain or bad. OPC UA part 4, 7.39
func (s *session) value(i int, v *ua.DataValue, now time.Time) register.Value {
	out := register.Value{Factor: s.factors[i], At: now, Value: math.NaN()}
	if t := v.SourceTimestamp; t.After(now.Add(-clockSlack)) && t.Before(now.Add(clockSlack)) {
		out.At = t
	}
	switch v.Status >> 30 {
	case 0:
	case 1:
		out.Quality = rule.Uncertain
	default:
		out.Quality = rule.Faulty
	}
	if v.Value != nil {
		out.Value = number(v.Value.Value())
	}
	if math.IsNaN(out.Value) || math.IsInf(out.Value, 0) {
		out.Value, out.Quality = math.NaN(), rule.Faulty
	}
	return out
}

// number is a scalar as a number; NaN where it is none.
func number(x any) float64 {
	switch v := x.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case int8:
		return float64(v)
	case uint8:
		return float64(v)
	case int16:
		return float64(v)
	case uint16:
		return float64(v)
	case int32:
		return float64(v)
	case uint32:
		return float64(v)
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case float32:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}
