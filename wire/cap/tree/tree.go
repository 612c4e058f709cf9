package tree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/lang"
)

// Bounds of a document: bytes, elements, and how deep they may lie.
const (
	MaxSize  = 8 << 20
	maxNodes = 200_000
	maxDepth = 32
)

// Kind is what a node is.
type Kind int

// The kinds.
const (
	Element Kind = iota
	Text
	Comment
	Instruction
)

// Attr is an attribute as written. Declarations of namespaces are kept apart.
type Attr struct{ Prefix, Local, Space, Value string }

// Node is an element, or a text, comment or instruction (Local is its target) with its Text.
type Node struct {
	Kind                 Kind
	Prefix, Local, Space string
	Attrs                []Attr
	Names                map[string]string // namespaces declared here, by prefix
	Text                 string
	Kids                 []*Node
	Parent               *Node
	Offset               int64 // of the byte after its start
}

// Doc is a document: Root, and what stands before and after it.
type Doc struct {
	Root *Node
	Kids []*Node
}

// Error says why a document cannot be read, and where.
type Error struct {
	Offset int64
	Said   lang.Text
}

func (e *Error) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Said.En) }

type reader struct {
	d     *xml.Decoder
	doc   Doc
	at    *Node
	depth int
	nodes int
}

func (r *reader) fail(zh, en string) error {
	return &Error{Offset: r.d.InputOffset(), Said: lang.T(zh, en)}
}

// Parse reads a document in UTF-8, US-ASCII or ISO 8859-1.
func Parse(b []byte) (*Doc, error) {
	if len(b) > MaxSize {
		return nil, &Error{Said: lang.T(fmt.Sprintf("文档超过 %d MB", MaxSize>>20), fmt.Sprintf("the document is larger than %d MB", MaxSize>>20))}
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	r := &reader{d: xml.NewDecoder(bytes.NewReader(b))}
	r.d.CharsetReader = charset
	for {
		t, err := r.d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, r.syntax(err)
		}
		if err := r.take(t); err != nil {
			return nil, err
		}
	}
	if r.at != nil {
		return nil, r.fail("文档不完整，元素 "+r.at.Local+" 未结束", "the document ends inside the element "+r.at.Local)
	}
	if r.doc.Root == nil {
		return nil, r.fail("不是 XML 文档", "this is no XML document")
	}
	return &r.doc, nil
}

// charset reads the encodings that alerts come in besides UTF-8.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "iso-8859-1", "latin1", "latin-1":
		b, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		out := make([]byte, 0, len(b)+len(b)/8)
		for _, c := range b {
			out = utf8.AppendRune(out, rune(c))
		}
		return bytes.NewReader(out), nil
	case "us-ascii", "ascii":
		return in, nil
	}
	return nil, fmt.Errorf("encoding %q", label)
}

func (r *reader) syntax(err error) error {
	var s *xml.SyntaxError
	if errors.As(err, &s) {
		return r.fail(fmt.Sprintf("XML 语法错误（第 %d 行）：%s", s.Line, s.Msg), fmt.Sprintf("XML syntax, line %d: %s", s.Line, s.Msg))
	}
	return r.fail("无法读取："+err.Error(), "cannot be read: "+err.Error())
}

func (r *reader) take(t xml.Token) error {
	switch t := t.(type) {
	case xml.Directive:
		return r.fail("文档含有 DOCTYPE 等声明，不予接受", "a document type or other declaration is not taken")
	case xml.ProcInst:
		if t.Target == "xml" { // the declaration is no part of the canonical form
			return nil
		}
		r.add(&Node{Kind: Instruction, Local: t.Target, Text: string(t.Inst)})
	case xml.Comment:
		r.add(&Node{Kind: Comment, Text: string(t)})
	case xml.CharData:
		if r.at == nil {
			if len(bytes.TrimSpace(t)) > 0 {
				return r.fail("根元素之外有文字", "there is text outside the root element")
			}
			return nil
		}
		if n := len(r.at.Kids); n > 0 && r.at.Kids[n-1].Kind == Text {
			r.at.Kids[n-1].Text += string(t) // CDATA sections are text like any other
			return nil
		}
		r.add(&Node{Kind: Text, Text: string(t)})
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		return r.end(t)
	}
	return nil
}

func (r *reader) add(n *Node) {
	n.Parent, n.Offset = r.at, r.d.InputOffset()
	if r.at == nil {
		r.doc.Kids = append(r.doc.Kids, n)
		return
	}
	r.at.Kids = append(r.at.Kids, n)
}

func (r *reader) start(t xml.StartElement) error {
	r.nodes++
	r.depth++
	switch {
	case r.at == nil && r.doc.Root != nil:
		return r.fail("有多个根元素", "there is more than one root element")
	case r.depth > maxDepth:
		return r.fail("元素嵌套过深", "elements are nested too deeply")
	case r.nodes > maxNodes:
		return r.fail("元素过多", "there are too many elements")
	}
	n := &Node{Prefix: t.Name.Space, Local: t.Name.Local, Names: map[string]string{}}
	r.add(n)
	for _, a := range t.Attr {
		v := strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(a.Value)
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			n.Names[""] = v
		case a.Name.Space == "xmlns":
			if v == "" {
				return r.fail("命名空间前缀 "+a.Name.Local+" 为空", "the namespace prefix "+a.Name.Local+" is bound to nothing")
			}
			n.Names[a.Name.Local] = v
		default:
			n.Attrs = append(n.Attrs, Attr{Prefix: a.Name.Space, Local: a.Name.Local, Value: v})
		}
	}
	if err := r.resolve(n); err != nil {
		return err
	}
	if r.at == nil {
		r.doc.Root = n
	}
	r.at = n
	return nil
}

// resolve finds the namespaces of an element and its attributes, and refuses an attribute that stands twice.
func (r *reader) resolve(n *Node) error {
	var ok bool
	if n.Space, ok = n.Lookup(n.Prefix); !ok {
		return r.fail("命名空间前缀 "+n.Prefix+" 未声明", "the namespace prefix "+n.Prefix+" is not declared")
	}
	seen := map[[2]string]bool{}
	for i := range n.Attrs {
		a := &n.Attrs[i]
		if a.Prefix != "" {
			if a.Space, ok = n.Lookup(a.Prefix); !ok {
				return r.fail("命名空间前缀 "+a.Prefix+" 未声明", "the namespace prefix "+a.Prefix+" is not declared")
			}
		}
		if key := [2]string{a.Space, a.Local}; seen[key] {
			return r.fail("属性 "+a.Local+" 重复", "the attribute "+a.Local+" stands twice")
		} else {
			seen[key] = true
		}
	}
	return nil
}

// Lookup finds what a prefix stands for at a node.
func (n *Node) Lookup(prefix string) (space string, ok bool) {
	if prefix == "xml" {
		return "http://www.w3.org/XML/1998/namespace", true
	}
	for at := n; at != nil; at = at.Parent {
		if v, ok := at.Names[prefix]; ok {
			return v, true
		}
	}
	return "", prefix == ""
}

func (r *reader) end(t xml.EndElement) error {
	if r.at == nil || r.at.Prefix != t.Name.Space || r.at.Local != t.Name.Local {
		return r.fail("结束标记 "+t.Name.Local+" 与开始标记不匹配", "the end tag "+t.Name.Local+" does not match")
	}
	r.depth--
	r.at = r.at.Parent
	return nil
}

// Elements are the elements right below a node.
func (n *Node) Elements() (out []*Node) {
	for _, k := range n.Kids {
		if k.Kind == Element {
			out = append(out, k)
		}
	}
	return out
}

// Child finds the first element of a name right below; nil where there is none.
func (n *Node) Child(local string) *Node {
	for _, k := range n.Kids {
		if k.Kind == Element && k.Local == local {
			return k
		}
	}
	return nil
}

// Value is the text of a node without blanks around it; plain is false where elements stand in it.
func (n *Node) Value() (text string, plain bool) {
	var b strings.Builder
	plain = true
	for _, k := range n.Kids {
		switch k.Kind {
		case Text:
			b.WriteString(k.Text)
		case Element:
			plain = false
		}
	}
	return strings.TrimSpace(b.String()), plain
}
