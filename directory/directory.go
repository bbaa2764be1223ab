// Package directory holds the nouns of the bridge: users, groups, memberships,
// the lifecycle of a user and the questions that can be asked of them.
//
// It is what every other package agrees on, so it imports the standard library
// and the Unicode tables of golang.org/x/text only, and does no I/O. What an identity provider may change is the Document
// (the attributes it sent), the externalId it gave, and whether the user is
// active; ids, versions, times and everything in Status belong to the bridge
// (package provision is the only writer).
//
// A Document is canonical JSON with SCIM attribute names: unassigned attributes
// are absent, no nulls, no empty strings, arrays or objects. Two documents are
// the same state exactly when their bytes are equal.
package directory
