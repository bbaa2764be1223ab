// Package enginebench measures the SCIM engine, scim.Server, against elimity's
// server doing the same work, and against encoding/json decoding and encoding
// the same bodies, which is what any server pays that reads JSON with the
// standard library. `make bench-engine` prints the table of docs/performance.md.
//
// Engine is compared with engine: both stand over a map and a mutex, both are
// called without a network, with requests and an http.ResponseWriter that cost
// nothing. A fourth column is our server over the real bridge and a real SQLite
// file. A test holds all of them to the same answers, so that no one is quick
// by doing less. There is nothing here but tests.
package enginebench
