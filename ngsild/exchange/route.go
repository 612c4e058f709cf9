package exchange

import (
	"net/url"
	"slices"
	"strings"
)

// maxPath is how many parameters a path may have.
const maxPath = 3

// node is a place in the tree of paths.
type node struct {
	lit   map[string]*node
	param *node
	names []string // of the parameters on the way here
	ops   []*Op    // of this path, one a method
	allow string   // their methods
}

// add puts an operation into the tree.
func (n *node) add(op *Op) {
	var names []string
	for part := range strings.SplitSeq(strings.Trim(op.Path, "/"), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
			if n.param == nil {
				n.param = &node{}
			}
			n = n.param
			continue
		}
		if n.lit == nil {
			n.lit = map[string]*node{}
		}
		if n.lit[part] == nil {
			n.lit[part] = &node{}
		}
		n = n.lit[part]
	}
	n.names = names
	n.ops = append(n.ops, op)
	methods := []string{"OPTIONS"}
	for _, o := range n.ops {
		methods = append(methods, o.Method)
		if o.Method == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	slices.Sort(methods)
	n.allow = strings.Join(slices.Compact(methods), ", ")
}

// route is where a path leads.
type route struct {
	at     *node
	values [maxPath]string // of its parameters, unescaped
	empty  bool            // the last part is an empty parameter, and not the first: no such resource
}

// find walks along an escaped path without its prefix, so that an id may hold "%2F". One slash at the end does not count.
// ok is false where nothing is there, or where a part is not escaped rightly.
func (n *node) find(path string) (r route, ok bool) {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	count := 0
	for more := true; more; {
		var part string
		part, path, more = strings.Cut(path, "/")
		if next := n.lit[part]; next != nil {
			n = next
			continue
		}
		if n.param == nil || count == maxPath {
			return r, false
		}
		n = n.param
		if strings.IndexByte(part, '%') >= 0 {
			v, err := url.PathUnescape(part)
			if err != nil {
				return r, false
			}
			part = v
		}
		r.empty = part == "" && count > 0 && !more
		r.values[count] = part
		count++
	}
	r.at = n
	return r, n.ops != nil
}

// op is the operation of a method here.
func (n *node) op(method string) *Op {
	if method == "HEAD" {
		method = "GET"
	}
	for _, o := range n.ops {
		if o.Method == method {
			return o
		}
	}
	return nil
}
