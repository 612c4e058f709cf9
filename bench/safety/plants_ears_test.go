package safety

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// point names a point: the plant's MN and its tag.
type point struct{ plant, tag string }

// ears hear what the program tells: an interface's stream of alarms, and an open page of the alarm list.
type ears struct {
	p       *program
	browser *http.Client
	mu      sync.Mutex

	told    map[point]heard // the first alarm of each point
	alarms  int
	reloads int
	shown   []glance
	broken  error
}

// heard is when an alarm came over the stream, and the number of its change.
type heard struct {
	at     time.Time
	change int64
}

// glance is when a page, told of a change, had drawn the list anew.
type glance struct {
	at     time.Time
	change int64
}

// events reads a stream of server-sent events until ctx ends, and again where it breaks.
func (e *ears) events(ctx context.Context, path string, take func(name, data string)) {
	for ctx.Err() == nil {
		err := e.follow(ctx, path, take)
		if ctx.Err() == nil {
			e.mu.Lock()
			e.broken = fmt.Errorf("%s broke: %w", path, err)
			e.mu.Unlock()
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func (e *ears) follow(ctx context.Context, path string, take func(name, data string)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.p.base+path, nil)
	if err != nil {
		return err
	}
	client := e.browser
	if strings.HasPrefix(path, "/api/") {
		client = http.DefaultClient
		req.Header.Set("Authorization", "Bearer "+e.p.token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", resp.Status)
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<20)
	name, data := "", ""
	for in.Scan() {
		switch line := in.Text(); {
		case line == "":
			if data != "" || name != "" {
				take(name, data)
			}
			name, data = "", ""
		case strings.HasPrefix(line, "event: "):
			name = line[7:]
		case strings.HasPrefix(line, "data: "):
			data += line[6:]
		}
	}
	return in.Err()
}

// stream hears the alarms as a program does.
func (e *ears) stream(ctx context.Context) {
	e.events(ctx, "/api/duty/stream/alarms?system=safety", func(name, data string) {
		now := time.Now()
		var a struct {
			Class  string
			Change int64
			Place  struct{ Point, Group string }
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if name == "reload" {
			e.reloads++
			return
		}
		if json.Unmarshal([]byte(data), &a) != nil || a.Class != "process" {
			return
		}
		e.alarms++
		at := point{a.Place.Group[strings.LastIndexByte(a.Place.Group, ':')+1:], a.Place.Point}
		if _, ok := e.told[at]; !ok {
			e.told[at] = heard{now, a.Change}
		}
	})
}

// page is an open alarm list: told of a change it asks its own address again, as its script does.
func (e *ears) page(ctx context.Context) {
	e.events(ctx, "/events/duty?lang=zh", func(name, data string) {
		_, rest, ok := strings.Cut(data, `data-pulse="`)
		if !ok {
			return
		}
		n, _, _ := strings.Cut(rest, `"`)
		change, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			return
		}
		resp, err := e.browser.Get(e.p.base + "/zh/duty/alarms")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if err != nil {
			e.broken = err
			return
		}
		e.shown = append(e.shown, glance{time.Now(), change})
	})
}

// figures are delays, sorted.
type figures []time.Duration

func (f figures) String() string {
	if len(f) == 0 {
		return "none"
	}
	slices.Sort(f)
	at := func(q float64) time.Duration {
		return f[min(len(f)-1, int(q*float64(len(f))))].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %v, p99 %v, worst %v of %d", at(.5), at(.99), f[len(f)-1].Round(time.Millisecond), len(f))
}
