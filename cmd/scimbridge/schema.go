package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/scimbridge/scimbridge/scim/schema"
)

// schemas makes the registry of what the configuration adds to SCIM's own
// schemas. Errors name file and line, or the setting.
func (c *Config) schemas() (*schema.Registry, error) {
	conf := schema.Configuration{Indexes: c.SCIM.Indexes}
	for _, file := range c.SCIM.Schemas {
		doc, err := loadSchemas(c.path(file))
		if err != nil {
			return nil, fmt.Errorf("scim.schemas: %w", err)
		}
		if len(doc.ResourceTypes) > 0 {
			return nil, fmt.Errorf("scim.schemas: %s holds the resource type %s; files of resource types are listed under scim.resource_types", c.path(file), doc.ResourceTypes[0].Name)
		}
		conf.Schemas = append(conf.Schemas, doc.Schemas...)
	}
	for _, file := range c.SCIM.ResourceTypes {
		doc, err := loadSchemas(c.path(file))
		if err != nil {
			return nil, fmt.Errorf("scim.resource_types: %w", err)
		}
		if len(doc.Schemas) > 0 {
			return nil, fmt.Errorf("scim.resource_types: %s holds the schema %s; files of schemas are listed under scim.schemas", c.path(file), doc.Schemas[0].URN)
		}
		conf.ResourceTypes = append(conf.ResourceTypes, doc.ResourceTypes...)
	}
	r, err := conf.Registry()
	if err != nil {
		return nil, fmt.Errorf("scim: %w", err)
	}
	return r, nil
}

func loadSchemas(path string) (schema.Document, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return schema.Document{}, fmt.Errorf("read the schemas: %w", err)
	}
	return schema.Load(path, b)
}

func schemaCommand(o *options) *cobra.Command {
	return commandGroup("schema", "Check schemas and resource types of your own, and their indexes", &cobra.Command{
		Use: "check [FILE…]", Short: "Say what is understood of files with schemas and resource types",
		Long: "Say what is understood of files with schemas and resource types, in the form in which /Schemas and\n" +
			"/ResourceTypes return them: names, attributes, what the database looks up. Without a file, those of\nthe configuration are checked. Nothing is changed.",
		RunE: func(cmd *cobra.Command, files []string) error {
			if len(files) > 0 {
				return checkSchemas(files, cmd.OutOrStdout())
			}
			c, err := o.config()
			if err != nil {
				return err
			}
			r, err := c.schemas()
			if err != nil {
				return err
			}
			return printSchemas(cmd.OutOrStdout(), r, nil)
		},
	}, schemaIndexesCommand(o))
}

// checkSchemas checks files together, as one configuration. A schema that no
// resource type among them uses is no mistake here: its type may be in a file
// that was not named.
func checkSchemas(files []string, out io.Writer) error {
	var conf schema.Configuration
	var problems []error
	for _, file := range files {
		doc, err := loadSchemas(file)
		if err != nil {
			problems = append(problems, err)
		}
		conf.Schemas = append(conf.Schemas, doc.Schemas...)
		conf.ResourceTypes = append(conf.ResourceTypes, doc.ResourceTypes...)
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	var unused []*schema.Schema
	conf.Schemas = slices.DeleteFunc(conf.Schemas, func(d schema.Definition) bool {
		for _, t := range conf.ResourceTypes {
			if strings.EqualFold(t.Schema, d.URN) || slices.ContainsFunc(t.Extensions, func(e schema.ExtensionReference) bool { return strings.EqualFold(e.Schema, d.URN) }) {
				return false
			}
		}
		s, err := schema.Compile(d)
		if err != nil {
			problems = append(problems, err)
		} else {
			unused = append(unused, s)
		}
		return true
	})
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	r, err := conf.Registry()
	if err != nil {
		return err
	}
	return printSchemas(out, r, unused)
}

// printSchemas prints what a configuration adds, and schemas that nothing uses.
func printSchemas(out io.Writer, r *schema.Registry, unused []*schema.Schema) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range r.Types() {
		printType(w, t)
	}
	for _, s := range r.Schemas() {
		if s.Configured() {
			printSchema(w, s, "")
		}
	}
	for _, s := range unused {
		note := "; no resource type in these files uses it"
		if name := commonAttribute(s); name != "" {
			note += ", and none can have it as its base schema: every resource has the attribute " + name + " already"
		}
		printSchema(w, s, note)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// commonAttribute returns the first attribute that every resource has already;
// then the schema can be an extension only.
func commonAttribute(s *schema.Schema) string {
	for _, a := range s.Attributes {
		for _, c := range schema.User().Common {
			if strings.EqualFold(a.Name, c.Name) {
				return c.Name
			}
		}
	}
	return ""
}

func printType(w io.Writer, t *schema.ResourceType) {
	extended := slices.ContainsFunc(t.Extensions, func(e schema.Extension) bool { return e.Configured() || e.Required })
	if !t.Configured() && !extended {
		return
	}
	if t.Configured() {
		fmt.Fprintf(w, "resource type %s at %s\n  schema %s\n", t.Name, t.Endpoint, t.Core.URN)
	} else {
		fmt.Fprintf(w, "resource type %s, built in\n", t.Name)
	}
	for _, e := range t.Extensions {
		switch {
		case e.Required:
			fmt.Fprintf(w, "  extension %s, required\n", e.URN)
		case t.Configured() || e.Configured():
			fmt.Fprintf(w, "  extension %s\n", e.URN)
		}
	}
	for _, s := range []string{"unique", "indexed"} {
		for _, x := range indexesOf(t, s == "unique") {
			fmt.Fprintf(w, "  %s %s\n", s, x)
		}
	}
}

// indexesOf returns the attributes of a type that the database keeps unique, or
// those that it only looks up.
func indexesOf(t *schema.ResourceType, unique bool) (names []string) {
	for _, a := range t.Attributes() {
		if x, ok := t.Index(a); ok && x.Unique == unique {
			names = append(names, x.Attribute)
		}
	}
	return names
}

func printSchema(w io.Writer, s *schema.Schema, note string) {
	fmt.Fprintf(w, "schema %s, %q%s\n", s.URN, s.Name, note)
	for _, a := range s.Attributes {
		printAttribute(w, a)
		for _, sub := range a.Sub {
			printAttribute(w, sub)
		}
	}
}

func printAttribute(w io.Writer, a *schema.Attribute) {
	words := []string{a.Type.String()}
	say := func(when bool, word string) {
		if when {
			words = append(words, word)
		}
	}
	say(a.Multi, "multi-valued")
	say(a.Required, "required")
	say(a.CaseExact && a.Type == schema.String, "case-exact")
	say(a.Mutability != schema.ReadWrite, a.Mutability.String())
	say(a.Returned != schema.ReturnedDefault, "returned "+a.Returned.String())
	say(a.Uniqueness != schema.UniqueNone, "unique")
	say(len(a.Canonical) > 0, "usually "+strings.Join(a.Canonical, " or "))
	say(len(a.RefTypes) > 0, "of "+strings.Join(a.RefTypes, " or "))
	fmt.Fprintf(w, "  %s\t%s\n", a.Path, strings.Join(words, ", "))
}
