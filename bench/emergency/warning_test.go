package emergency

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/channel"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/systems/emergency/warning"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/web"
)

var people = flag.Int("people", 10_000, "those responsible")

const (
	childWhere = "HAIHE_WARNING_DATA"
	childGate  = "HAIHE_WARNING_GATE"
	leaders    = 20
)

// receivers are everybody's endpoints.
type receivers struct {
	mu     sync.Mutex
	taken  map[string]int // by key
	at     map[string]int // by path
	asked  int
	last   time.Time
	before chan struct{} // closed when want keys were taken
	want   int
}

func (r *receivers) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	_, _ = io.Copy(io.Discard, q.Body) // so that the connection is used again
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.Method == http.MethodGet {
		r.asked++
		if r.taken[q.URL.Query().Get("key")] == 0 {
			w.WriteHeader(http.StatusNotFound)
		}
		return
	}
	r.taken[q.Header.Get("Idempotency-Key")]++
	r.at[q.URL.Path]++
	r.last = time.Now()
	if len(r.taken) == r.want {
		close(r.before)
	}
}

// expect begins a count anew.
func (r *receivers) expect(n int) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken, r.at, r.asked, r.want, r.before = map[string]int{}, map[string]int{}, 0, n, make(chan struct{})
	return r.before
}

// more waits for so many in all, beyond those taken.
func (r *receivers) more(n int) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want, r.before = n, make(chan struct{})
	if len(r.taken) >= n {
		close(r.before)
	}
	return r.before
}

// child is the process that sends.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(b *testing.B, dir, gate string) *child {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-people="+strconv.Itoa(*people))
	cmd.Env = append(os.Environ(), childWhere+"="+dir, childGate+"="+gate)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c := &child{cmd, in, bufio.NewScanner(out)}
	b.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() }) // killed already, mostly
	c.says(b, "ready")
	return c
}

// says reads the child's answer to an order.
func (c *child) says(b *testing.B, word string) string {
	for c.out.Scan() {
		if rest, ok := strings.CutPrefix(c.out.Text(), "> "+word); ok {
			return strings.TrimSpace(rest)
		}
	}
	b.Fatalf("the child ended before it said %q", word)
	return ""
}

func (c *child) order(b *testing.B, word string) string {
	if _, err := io.WriteString(c.in, word+"\n"); err != nil {
		b.Fatal(err)
	}
	return c.says(b, word)
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill() // SIGKILL
	_ = c.cmd.Wait()
}

func await(b *testing.B, done chan struct{}, what string) {
	select {
	case <-done:
	case <-time.After(3 * time.Minute):
		b.Fatalf("after three minutes: %s", what)
	}
}

// BenchmarkWarning runs everything once.
func BenchmarkWarning(b *testing.B) {
	r := &receivers{}
	gate := httptest.NewServer(r)
	defer gate.Close()
	dir := b.TempDir()
	n := *people
	c := start(b, dir, gate.URL)
	c.order(b, "fill")

	done := r.expect(n)
	began := time.Now()
	c.order(b, "issue")
	issued := time.Since(began)
	await(b, done, "not everybody was told")
	r.mu.Lock()
	whole := r.last.Sub(began)
	r.mu.Unlock()
	fmt.Printf("\nundisturbed: %d people, approved and made due in %v, the last one told after %.1f s (%.0f a second)\n", n, issued.Round(time.Millisecond), whole.Seconds(), float64(n)/whole.Seconds())
	once(b, r, n)

	done = r.expect(n / 3)
	began = time.Now()
	id := c.order(b, "issue")
	await(b, done, "a third were not told")
	c.kill()
	done = r.more(2 * n / 3)
	c = start(b, dir, gate.URL)
	await(b, done, "two thirds were not told")
	c.kill()
	done = r.more(n)
	c = start(b, dir, gate.URL)
	await(b, done, "not everybody was told after kill -9")
	r.mu.Lock()
	whole, asked := r.last.Sub(began), r.asked
	r.mu.Unlock()
	fmt.Printf("killed twice: %d people, the last one told after %.1f s; %d keys asked for\n", n, whole.Seconds(), asked)
	once(b, r, n)

	done = r.more(n + leaders)
	answered, err := strconv.Atoi(c.order(b, "answer "+id))
	if err != nil {
		b.Fatal(err)
	}
	c.order(b, "later")
	await(b, done, "the leaders were not told")
	escalated := c.order(b, "count "+id)
	fmt.Printf("escalated: %d answered, %s of the others stand as escalated, %d leaders told\n", answered, escalated, leaders)
	if escalated != strconv.Itoa(n-answered) {
		b.Errorf("%s were escalated, %d have not answered", escalated, n-answered)
	}
	c.kill()
}

// once holds the receivers to one message a person.
func once(b *testing.B, r *receivers, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	twice := 0
	for _, k := range r.taken {
		if k > 1 {
			twice++
		}
	}
	lost := 0
	for i := range n {
		if r.at[address(i)] != 1 {
			lost++
		}
	}
	fmt.Printf("  told twice %d, not told once %d\n", twice, lost)
	if twice > 0 || lost > 0 || len(r.taken) != n {
		b.Errorf("%d messages, %d twice, %d people not told once", len(r.taken), twice, lost)
	}
}

func address(i int) string { return "/p/" + strconv.Itoa(i) }

// sender is the child's program: the parts that a warning goes through, on a database of its own.
type sender struct {
	db       *store.DB
	post     *notice.Post
	warnings *warning.Part
	late     atomic.Int64 // ahead of the machine's clock
}

func (s *sender) now() time.Time { return time.Now().Add(time.Duration(s.late.Load())) }

// TestChild is the process that sends; it does nothing where it was not started by the benchmark.
func TestChild(t *testing.T) {
	dir := os.Getenv(childWhere)
	if dir == "" {
		t.Skip("started by the benchmark only")
	}
	s := openSender(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = s.post.Run(ctx) }() // ends with ctx
	fmt.Println("> ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, arg, _ := strings.Cut(in.Text(), " ")
		answer := ""
		var err error
		switch word {
		case "fill":
			err = s.fill(ctx, os.Getenv(childGate))
		case "issue":
			answer, err = s.issue(ctx)
		case "answer":
			answer, err = s.answer(ctx, arg, os.Getenv(childGate))
		case "later":
			s.late.Add(int64(6 * time.Minute))
		case "count":
			answer, err = s.count(ctx, arg)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("> "+in.Text(), answer)
	}
}

func openSender(t *testing.T, dir string) *sender {
	s := &sender{}
	ctx := t.Context()
	var err error
	if s.db, err = store.Open(ctx, sqlite.Dialect(filepath.Join(dir, "haihe.db")), store.Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(ctx, s.db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	units := []identity.Unit{{ID: "emergency-office", Name: lang.T("市应急办", "Emergency office")}}
	who, err := identity.Open(ctx, s.db, j, time.Now, units, warning.Grants())
	if err != nil {
		t.Fatal(err)
	}
	if s.post, err = notice.Open(ctx, notice.Options{DB: s.db, Journal: j, Now: s.now}); err != nil {
		t.Fatal(err)
	}
	ways, err := channel.Open(channel.Defaults(), func() (string, error) { return s.post.Key(t.Context(), "push", channel.NewPushKey) }, "http://localhost", s.post.Reply, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range ways {
		if err := s.post.Plug(w, notice.Pace{Parallel: 64}); err != nil {
			t.Fatal(err)
		}
	}
	if s.warnings, err = warning.New(ctx, warning.Options{DB: s.db, Journal: j, People: who, Post: s.post, Live: new(web.Hub), Now: s.now, Settings: warning.Defaults()}); err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	author = identity.NewPrincipal("person:author", "emergency-office", nil, warning.GrantWrite, notice.GrantContacts)
	leader = identity.NewPrincipal("person:leader", "emergency-office", nil, warning.GrantApprove, warning.GrantGrave)
)

// fill enters the people, each with an endpoint of their own.
func (s *sender) fill(ctx context.Context, gate string) error {
	var list []notice.Contact
	for i := range *people {
		list = append(list, notice.Contact{Name: lang.T("责任人", "Somebody"), Area: fmt.Sprintf("1201%02d", []int{1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}[i%16]), Duty: "district", Ways: []notice.Way{{Channel: "http", Address: gate + address(i)}}})
	}
	for i := range leaders {
		list = append(list, notice.Contact{Name: lang.T("领导", "Leader"), Duty: "leader", Ways: []notice.Way{{Channel: "http", Address: gate + "/leader/" + strconv.Itoa(i)}}})
	}
	for len(list) > 0 {
		n := min(500, len(list))
		if _, err := s.post.Save(ctx, author, list[:n]...); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// issue warns the whole city and gives the message's id.
func (s *sender) issue(ctx context.Context) (string, error) {
	w := warning.Warning{MsgType: warning.Alert, Event: "21D00", Colour: "Red", Expires: s.now().Add(3 * time.Hour)}
	w.Headline, w.Description, w.Instruction = lang.T("天津市发布危险化学品事故红色预警", "Tianjin: hazardous chemicals, red warning"), lang.T("请关闭门窗，留在室内。", "Stay indoors, windows closed."), lang.T("听从指挥。", "Do as you are told.")
	w.Urgency, w.Certainty, w.Area, w.Duties, w.AckMinutes = "Immediate", "Observed", reach.Area{Districts: []string{reach.City}}, []string{"district"}, 5
	made, err := s.warnings.Write(ctx, author, w)
	if err != nil {
		return "", err
	}
	if err := s.warnings.Submit(ctx, author, made.ID); err != nil {
		return "", err
	}
	return made.ID, s.warnings.Approve(ctx, leader, made.ID)
}

// answer takes the answers of every third person.
func (s *sender) answer(ctx context.Context, _, gate string) (string, error) {
	n := 0
	for i := 0; i < *people; i += 3 {
		if err := s.post.AnswerFrom(ctx, "http", gate+address(i), "收到"); err != nil {
			return "", err
		}
		n++
	}
	return strconv.Itoa(n), nil
}

// count gives those who stand as escalated, once the work is done.
func (s *sender) count(ctx context.Context, id string) (string, error) {
	var last []byte
	for range 100 {
		letters, _, err := s.post.Letters(ctx, "warning:"+id, "", 10)
		if err != nil {
			return "", err
		}
		now, err := json.Marshal(letters)
		if err != nil {
			return "", err
		}
		if string(now) == string(last) && len(letters) == 1 {
			return strconv.FormatInt(letters[0].States[notice.Escaped], 10), nil
		}
		last = now
		time.Sleep(500 * time.Millisecond)
	}
	return "", fmt.Errorf("the escalation does not come to rest")
}
