// Package cel reads the conditions of rules: expressions of the Common Expression Language (CEL specification, cel.dev) that give true or false.
//
// An expression over points names them by what they are called in their group:
//
//	v["LT-101"] > 80.0 && v["TT-102"] > 60.0 && age["LT-101"] < 30.0
//
// v holds values, age the seconds since a value came, bad whether its source marked it bad. An expression over an entity reads its
// attributes' values: entity["fillingLevel"] > 0.8. What is compared must have one type: numbers are doubles, so 80.0, not 80.
//
// An expression cannot reach anything outside, and its cost is bounded when it is compiled and while it runs.
package cel

import (
	"errors"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/haihe-city/haihe/errs"
)

// The bounds of an expression.
const (
	MaxText = 2000    // characters
	maxCost = 100_000 // steps of one evaluation
)

// Condition is a compiled expression. It may be used from anywhere at once.
type Condition struct {
	program cel.Program
	names   []string
}

// Names are the points that the condition reads, or the attributes of an entity, sorted.
func (c *Condition) Names() []string { return c.names }

// Points compiles an expression over points of one group.
func Points(text string) (*Condition, error) {
	return compile(text, []string{"v", "age", "bad"},
		cel.Variable("v", cel.MapType(cel.StringType, cel.DoubleType)),
		cel.Variable("age", cel.MapType(cel.StringType, cel.DoubleType)),
		cel.Variable("bad", cel.MapType(cel.StringType, cel.BoolType)))
}

// Entity compiles an expression over one entity.
func Entity(text string) (*Condition, error) {
	return compile(text, []string{"entity"},
		cel.Variable("entity", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("id", cel.StringType), cel.Variable("type", cel.StringType))
}

func compile(text string, maps []string, vars ...cel.EnvOption) (*Condition, error) {
	if strings.TrimSpace(text) == "" || len(text) > MaxText {
		return nil, errs.Say(errs.Invalid, "表达式应有 1 至 %[1]d 个字符", "an expression has 1 to %[1]d characters", MaxText)
	}
	env, err := cel.NewEnv(vars...)
	if err != nil {
		return nil, errs.As(errs.Internal, "make the environment of expressions", err)
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, refuse(issues)
	}
	if checked.OutputType() != cel.BoolType {
		return nil, errs.Say(errs.Invalid, "表达式的结果应为真或假，现为 %[1]s", "an expression gives true or false; this one gives %[1]s", checked.OutputType().String())
	}
	names, err := namesOf(checked.NativeRep().Expr(), maps)
	if err != nil {
		return nil, err
	}
	program, err := env.Program(checked, cel.CostLimit(maxCost))
	if err != nil {
		return nil, errs.As(errs.Invalid, "compile an expression", err)
	}
	return &Condition{program: program, names: names}, nil
}

// refuse says the first fault with its place; columns count characters from 1.
func refuse(issues *cel.Issues) error {
	first := issues.Errors()[0]
	return errs.Say(errs.Invalid, "表达式第 %[1]d 行第 %[2]d 列有误：%[3]s", "expression, line %[1]d, column %[2]d: %[3]s", first.Location.Line(), first.Location.Column()+1, first.Message)
}

// namesOf collects what the maps are asked for. Only names that stand in the text can be watched, so v[x] with a computed x is refused.
func namesOf(root ast.Expr, maps []string) (names []string, err error) {
	ast.PostOrderVisit(root, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "_[_]" {
			return
		}
		args := e.AsCall().Args()
		if args[0].Kind() != ast.IdentKind || !slices.Contains(maps, args[0].AsIdent()) {
			return
		}
		if args[1].Kind() != ast.LiteralKind {
			err = errs.Say(errs.Invalid, "方括号内应为写明的名称，例如 v[\"LT-101\"]", "brackets hold a name as it stands, such as v[\"LT-101\"]")
			return
		}
		name, ok := args[1].AsLiteral().Value().(string)
		if ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}))
	if err == nil && len(names) == 0 {
		err = errs.Say(errs.Invalid, "表达式未读取任何测点或属性，例如 v[\"LT-101\"] > 80.0", "the expression reads no point or attribute; write for instance v[\"LT-101\"] > 80.0")
	}
	slices.Sort(names)
	return names, err
}

// ErrUnknown says that a value was not there, so that nobody can tell.
var ErrUnknown = errors.New("a value that the expression reads is not known")

// Holds evaluates the condition. What misses a value gives ErrUnknown: neither true nor false.
func (c *Condition) Holds(vars map[string]any) (bool, error) {
	out, _, err := c.program.Eval(vars)
	if err != nil || types.IsUnknownOrError(out) {
		return false, ErrUnknown
	}
	b, ok := out.Value().(bool)
	if !ok {
		return false, ErrUnknown
	}
	return b, nil
}
