package ledger

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

var (
	coversLine = regexp.MustCompile(`(?://|#)\s*covers:(.*)`)
	goesOn     = regexp.MustCompile(`^\s*(?://|#)\s*(.*)`)
	id         = regexp.MustCompile(`^[A-Z]+[A-Za-z0-9.]*-[A-Za-z0-9.-]*[0-9]$`)
	// speaksHTTP is what a test on the wire imports, or a script or
	// conversation has.
	speaksHTTP = regexp.MustCompile(`"net/http(/httptest)?"|/api/apitest"|/scim/scimtest"|(?m:^[>< ]*(http )?(GET|POST|PUT|PATCH|DELETE) [/$])`)
)

// ids returns the ids that the lines name behind "covers:". What is no id is
// left to the reader. A list that ends with a comma goes on in the next line.
func ids(lines []string) (all []string) {
	open := false
	for _, line := range lines {
		var rest string
		if m := coversLine.FindStringSubmatch(line); m != nil {
			rest = m[1]
		} else if m := goesOn.FindStringSubmatch(line); m != nil && open {
			rest = m[1]
		} else {
			open = false
			continue
		}
		for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == ':' || r == ';' }) {
			if id.MatchString(word) {
				all = append(all, word)
			}
		}
		open = strings.HasSuffix(strings.TrimSpace(rest), ",")
	}
	return all
}

// inFile returns what a test file covers.
func inFile(file string, text []byte) (covers []Cover, err error) {
	wire := speaksHTTP.Match(text)
	add := func(test string, lines []string) {
		for _, id := range ids(lines) {
			covers = append(covers, Cover{ID: id, File: file, Test: test, Wire: wire})
		}
	}
	if !strings.HasSuffix(file, ".go") {
		add("", strings.Split(string(text), "\n"))
		return covers, nil
	}
	if !coversLine.Match(text) {
		return nil, nil
	}
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, group := range tree.Comments {
		var lines []string
		for _, c := range group.List {
			lines = append(lines, strings.Split(c.Text, "\n")...)
		}
		if len(ids(lines)) > 0 {
			add(owner(tree, group), lines)
		}
	}
	return covers, nil
}

// owner is the test that a comment speaks of: the function that it stands in or
// before. If that is no test but a table or helper, it is the first test of the
// file that uses it.
func owner(tree *ast.File, group *ast.CommentGroup) string {
	for _, d := range tree.Decls {
		if group.Pos() > d.End() {
			continue
		}
		names := declared(d)
		if i := slices.IndexFunc(names, isTest); i >= 0 {
			return names[i]
		}
		for _, name := range names {
			if test := userOf(tree, name); test != "" {
				return test
			}
		}
		return strings.Join(names, ", ")
	}
	return ""
}

func isTest(name string) bool {
	for _, prefix := range []string{"Test", "Fuzz", "Benchmark", "Example"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// declared are the names that a declaration declares.
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		names = append(names, d.Name.Name)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			}
		}
	}
	return names
}

// userOf returns the first test of a file that uses a name.
func userOf(tree *ast.File, name string) string {
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !isTest(f.Name.Name) {
			continue
		}
		uses := false
		ast.Inspect(f, func(n ast.Node) bool {
			ident, ok := n.(*ast.Ident)
			uses = uses || ok && ident.Name == name
			return !uses
		})
		if uses {
			return f.Name.Name
		}
	}
	return ""
}
