package patch_test

import "testing"

// Section 3.5.2 to the letter. What is written here holds in both modes.
func TestRFC(t *testing.T) {
	for _, e := range []exchange{
		// covers: R-7644-3.5.2.1-01
		{name: "add without path", modes: both, before: `"title":"T"`,
			ops:   `[{"op":"add","value":{"nickName":"N","emails":[{"value":"a@x.io","type":"work"}]}}]`,
			after: `"title":"T","nickName":"N","emails":[{"value":"a@x.io","type":"work"}]`},
		{name: "add without value", modes: both, ops: `[{"op":"add","path":"nickName"}]`, fail: "invalidValue", says: "operation 1"},
		{name: "replace without value", modes: both, before: `"title":"T"`, ops: `[{"op":"replace","path":"title"}]`, fail: "invalidValue"},
		// covers: R-7644-3.5.2.1-02
		{name: "add to complex", modes: both, before: `"name":{"familyName":"F","givenName":"G"}`,
			ops:   `[{"op":"add","path":"name","value":{"givenName":"H"}}]`,
			after: `"name":{"familyName":"F","givenName":"H"}`},
		// covers: R-7644-3.5.2.1-03
		{name: "add to multi-valued", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops:   `[{"op":"add","path":"emails","value":[{"value":"b@x.io","type":"home"}]}]`,
			after: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io","type":"home"}]`},
		{name: "add one object to multi-valued", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops:   `[{"op":"add","path":"emails","value":{"value":"b@x.io","type":"home"}}]`,
			after: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io","type":"home"}]`},
		{name: "add to single-valued", modes: both, before: `"title":"T"`, ops: `[{"op":"add","path":"title","value":"U"}]`, after: `"title":"U"`},
		// covers: R-7644-3.5.2.1-04
		{name: "add what is there", modes: both, before: `"title":"T","emails":[{"value":"a@x.io","type":"work","primary":true}],"addresses":[{"locality":"L","type":"home"}]`,
			ops:   `[{"op":"add","path":"emails","value":[{"type":"work","value":"a@x.io"}]},{"op":"add","path":"title","value":"T"},{"op":"add","path":"addresses","value":[{"type":"home","locality":"L"}]}]`,
			after: `"title":"T","emails":[{"value":"a@x.io","type":"work","primary":true}],"addresses":[{"locality":"L","type":"home"}]`},
		{name: "add a value of another type", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops:   `[{"op":"add","path":"emails","value":[{"type":"home","value":"a@x.io"}]}]`,
			after: `"emails":[{"value":"a@x.io","type":"work"},{"value":"a@x.io","type":"home"}]`},
		// covers: R-7644-3.5.2.2-01
		{name: "remove without path", modes: both, ops: `[{"op":"remove"}]`, fail: "noTarget"},
		{name: "remove without path, with value", modes: both, before: `"title":"T"`, ops: `[{"op":"remove","value":{"title":null}}]`, fail: "noTarget"},
		// covers: R-7644-3.5.2.2-02
		{name: "remove", modes: both, before: `"title":"T","nickName":"N"`, ops: `[{"op":"remove","path":"title"}]`, after: `"nickName":"N"`},
		{name: "remove by filter", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@y.io","type":"work"},{"value":"c@x.io","type":"home"}]`,
			ops:   `[{"op":"remove","path":"emails[type eq \"work\" and value ew \"x.io\"]"}]`,
			after: `"emails":[{"value":"b@y.io","type":"work"},{"value":"c@x.io","type":"home"}]`},
		{name: "remove the last", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops: `[{"op":"remove","path":"emails[value eq \"a@x.io\"]"}]`, after: ``},
		{name: "remove a sub-attribute by filter", modes: both, before: `"emails":[{"value":"a@x.io","display":"A","type":"work"}]`,
			ops: `[{"op":"remove","path":"emails[type eq \"work\"].display"}]`, after: `"emails":[{"value":"a@x.io","type":"work"}]`},
		{name: "remove a sub-attribute", modes: both, before: `"name":{"familyName":"F","givenName":"G"}`,
			ops: `[{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}]`, after: ``},
		{name: "remove what is not there", modes: both, before: `"title":"T"`,
			ops: `[{"op":"remove","path":"nickName"},{"op":"remove","path":"name.givenName"},{"op":"remove","path":"EXT:manager"}]`, after: `"title":"T"`},
		// covers: R-7644-3.5.2.2-03
		{name: "remove userName", modes: both, ops: `[{"op":"remove","path":"userName"}]`, fail: "mutability", says: "userName"},
		{name: "remove active", modes: both, before: `"active":false`, ops: `[{"op":"remove","path":"active"}]`, fail: "mutability", says: "active"},
		{name: "active null", modes: both, before: `"active":false`, ops: `[{"op":"replace","path":"CORE:active","value":null}]`, fail: "invalidValue", says: "active"},
		{name: "active null among others", modes: both, before: `"active":false`, ops: `[{"op":"replace","value":{"title":"T","active":null}}]`, after: `"active":false,"title":"T"`},
		{name: "remove id", modes: both, ops: `[{"op":"remove","path":"id"}]`, fail: "mutability", says: "id"},
		// covers: R-7644-3.5.2.2-04
		{name: "remove by filter without match", modes: both, before: `"emails":[{"value":"a@x.io"}]`,
			ops: `[{"op":"remove","path":"emails[value eq \"b@x.io\"]"},{"op":"remove","path":"emails[type eq \"work\"].display"}]`, after: `"emails":[{"value":"a@x.io"}]`},
		// covers: R-7644-3.5.2.3-01
		{name: "replace without path", modes: both, before: `"title":"T","nickName":"N","displayName":"D"`,
			ops: `[{"op":"replace","value":{"title":"U","nickName":"M"}}]`, after: `"displayName":"D","nickName":"M","title":"U"`},
		// covers: R-7644-3.5.2.3-02
		{name: "replace a list", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io","type":"home"}]`,
			ops: `[{"op":"replace","path":"emails","value":[{"value":"c@x.io","type":"work"}]}]`, after: `"emails":[{"value":"c@x.io","type":"work"}]`},
		// covers: R-7644-3.5.2.3-03
		{name: "replace without value there", modes: both, ops: `[{"op":"replace","path":"nickName","value":"N"},{"op":"replace","path":"name.givenName","value":"G"}]`,
			after: `"nickName":"N","name":{"givenName":"G"}`},
		// covers: R-7644-3.5.2.3-04
		{name: "replace complex", modes: both, before: `"name":{"familyName":"F","givenName":"G"}`,
			ops: `[{"op":"replace","path":"name","value":{"givenName":"H"}}]`, after: `"name":{"familyName":"F","givenName":"H"}`},
		// covers: R-7644-3.5.2.3-05
		{name: "replace a sub-attribute of all that match", modes: both,
			before: `"addresses":[{"streetAddress":"1","type":"work"},{"streetAddress":"2","type":"home"},{"streetAddress":"3","locality":"L","type":"work"}]`,
			ops:    `[{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"9"}]`,
			after:  `"addresses":[{"streetAddress":"9","type":"work"},{"streetAddress":"2","type":"home"},{"streetAddress":"9","locality":"L","type":"work"}]`},
		{name: "add to all that match", modes: both,
			before: `"addresses":[{"streetAddress":"1","type":"work"},{"streetAddress":"3","locality":"L","type":"work"}]`,
			ops:    `[{"op":"add","path":"addresses[type eq \"work\"]","value":{"region":"R"}}]`,
			after:  `"addresses":[{"streetAddress":"1","region":"R","type":"work"},{"streetAddress":"3","locality":"L","region":"R","type":"work"}]`},
		// covers: XX-13
		{name: "replace a whole element", modes: both,
			before: `"addresses":[{"streetAddress":"1","locality":"L","type":"work"},{"streetAddress":"2","type":"home","primary":true}]`,
			ops:    `[{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"9","primary":true}}]`,
			after:  `"addresses":[{"streetAddress":"9","type":"work","primary":true},{"streetAddress":"2","type":"home","primary":false}]`},
		{name: "replace a whole element, its type understood", modes: both,
			before: `"addresses":[{"streetAddress":"1","locality":"L","type":"work"}]`,
			ops:    `[{"op":"replace","path":"addresses[type eq \"work\"]","value":{"streetAddress":"9"}}]`,
			after:  `"addresses":[{"streetAddress":"9","type":"work"}]`},
		// covers: R-7644-3.5.2.3-06
		{name: "replace without match", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops: `[{"op":"replace","path":"emails[type eq \"x\"].value","value":"b@x.io"}]`, fail: "noTarget", says: "emails"},
		{name: "replace without match of a canonical type", modes: strict,
			ops: `[{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@x.io"}]`, fail: "noTarget"},
		{name: "add without match", modes: strict, ops: `[{"op":"add","path":"emails[type eq \"work\"].value","value":"b@x.io"}]`, fail: "noTarget"},

		// covers: R-7644-3.5.2-03
		{name: "index", modes: both, ops: `[{"op":"replace","path":"emails[0].value","value":"b@x.io"}]`, fail: "invalidPath"},
		{name: "two dots", modes: both, ops: `[{"op":"replace","path":"a..b","value":"b"}]`, fail: "invalidPath"},
		{name: "open bracket", modes: both, ops: `[{"op":"replace","path":"emails[","value":"b"}]`, fail: "invalidPath"},
		{name: "JSON pointer", modes: both, ops: `[{"op":"replace","path":"/emails","value":"b"}]`, fail: "invalidPath"},
		{name: "path of another kind", modes: both, ops: `[{"op":"replace","path":["title"],"value":"b"}]`, fail: "invalidPath"},
		// covers: R-7644-3.5.2-04, R-7643-3.1-06
		{name: "replace id", modes: both, ops: `[{"op":"replace","path":"id","value":"7"}]`, fail: "mutability", says: "id"},
		{name: "replace meta", modes: both, ops: `[{"op":"replace","path":"meta.version","value":"7"}]`, fail: "mutability", says: "meta"},
		{name: "wrong type", modes: both, ops: `[{"op":"replace","path":"active","value":5}]`, fail: "invalidValue", says: "active"},
		// covers: R-7643-4.1.2-05, SP-04
		{name: "groups", modes: both, ops: `[{"op":"add","path":"groups","value":[{"value":"g1"}]}]`, fail: "mutability", says: "groups"},
		{name: "readOnly without path", modes: strict, ops: `[{"op":"replace","value":{"id":"7","title":"T"}}]`, fail: "mutability", says: "id"},
		// covers: R-7644-3.5.2-05
		{name: "extension attribute", modes: both, before: `"schemas":["CORE"]`,
			ops:   `[{"op":"add","path":"EXT:employeeNumber","value":"9"}]`,
			after: `"schemas":["CORE","EXT"],"EXT":{"employeeNumber":"9"}`},
		{name: "last extension attribute", modes: both, before: `"schemas":["CORE","EXT"],"EXT":{"employeeNumber":"9"}`,
			ops:   `[{"op":"remove","path":"EXT:employeeNumber"}]`,
			after: `"schemas":["CORE"]`},
		{name: "extension by value", modes: both, before: `"EXT":{"employeeNumber":"9","division":"D"}`,
			ops:   `[{"op":"replace","value":{"EXT":{"employeeNumber":"8"}}},{"op":"add","path":"EXT","value":{"department":"P"}}]`,
			after: `"EXT":{"employeeNumber":"8","division":"D","department":"P"}`},
		{name: "whole extension", modes: both, before: `"title":"T","EXT":{"employeeNumber":"9","division":"D"}`,
			ops: `[{"op":"remove","path":"EXT"}]`, after: `"title":"T"`},
		{name: "schemas", modes: both, before: `"title":"T"`, ops: `[{"op":"add","path":"schemas","value":["EXT"]}]`, after: `"title":"T"`},
		{name: "unknown schema", modes: both, ops: `[{"op":"add","path":"schemas","value":["urn:x"]}]`, fail: "invalidValue", says: "schemas"},
		{name: "no schemas", modes: both, ops: `[{"op":"remove","path":"schemas"}]`, fail: "mutability", says: "schemas"},
		// covers: R-7644-3.5.2-06
		{name: "in order", modes: both, before: `"title":"T"`,
			ops:   `[{"op":"add","path":"title","value":"U"},{"op":"remove","path":"title"},{"op":"replace","path":"title","value":"V"},{"op":"add","path":"emails","value":[{"value":"a@x.io","type":"work"}]},{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@x.io"}]`,
			after: `"title":"V","emails":[{"value":"b@x.io","type":"work"}]`},
		// covers: R-7644-3.5.2-07
		{name: "add a primary", modes: both, before: `"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"c@x.io"}]`,
			ops:   `[{"op":"add","path":"emails","value":[{"value":"b@x.io","type":"home","primary":true}]}]`,
			after: `"emails":[{"value":"a@x.io","type":"work","primary":false},{"value":"c@x.io"},{"value":"b@x.io","type":"home","primary":true}]`},
		{name: "replace primary", modes: both, before: `"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home"}]`,
			ops:   `[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`,
			after: `"emails":[{"value":"a@x.io","type":"work","primary":false},{"value":"b@x.io","type":"home","primary":true}]`},
		{name: "a present value becomes primary", modes: both, before: `"emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home"}]`,
			ops:   `[{"op":"add","path":"emails","value":[{"value":"b@x.io","type":"home","primary":true}]}]`,
			after: `"emails":[{"value":"a@x.io","type":"work","primary":false},{"value":"b@x.io","type":"home","primary":true}]`},
		// covers: R-7643-2.4-02, T-34
		{name: "two primaries", modes: both, ops: `[{"op":"add","path":"emails","value":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home","primary":true}]}]`,
			fail: "invalidValue", says: "primary"},
		{name: "two primaries from before", modes: both, before: `"roles":[{"value":"a","primary":true},{"value":"b","primary":true}]`,
			ops: `[{"op":"add","path":"roles","value":[{"value":"c"}]}]`, fail: "invalidValue", says: "primary"},
		{name: "two primaries from before, settled", modes: both, before: `"roles":[{"value":"a","primary":true},{"value":"b","primary":true}]`,
			ops:   `[{"op":"add","path":"roles","value":[{"value":"c","primary":true}]}]`,
			after: `"roles":[{"value":"a","primary":false},{"value":"b","primary":false},{"value":"c","primary":true}]`},
		{name: "two primaries by filter", modes: both, before: `"roles":[{"value":"a"},{"value":"b"}]`,
			ops: `[{"op":"replace","path":"roles[value pr].primary","value":true}]`, fail: "invalidValue", says: "primary"},
		// covers: R-7643-2.5-01
		{name: "null", modes: both, before: `"title":"T","name":{"familyName":"F","givenName":"G"},"emails":[{"value":"a@x.io"}],"nickName":"N"`,
			ops:   `[{"op":"replace","path":"title","value":null},{"op":"replace","value":{"nickName":null,"emails":[]}},{"op":"replace","path":"name","value":{"givenName":null}}]`,
			after: `"name":{"familyName":"F"}`},
		// covers: R-7643-4.1.1-01
		{name: "no userName", modes: both, ops: `[{"op":"replace","path":"userName","value":null}]`, fail: "invalidValue", says: "userName"},
		{name: "empty userName", modes: both, ops: `[{"op":"replace","value":{"userName":""}}]`, fail: "invalidValue", says: "userName"},
		// covers: R-7644-3.5.2-08
		{name: "the last is invalid", modes: both, before: `"title":"T"`,
			ops: `[{"op":"replace","path":"title","value":"U"},{"op":"remove","path":"nickName"},{"op":"replace","path":"emails[value eq \"x\"].type","value":"work"}]`, fail: "noTarget", says: "operation 3"},
		// covers: T-23
		{name: "isAdmin", modes: both, ops: `[{"op":"replace","path":"isAdmin","value":true}]`, fail: "invalidPath", says: "isAdmin"},
		{name: "prototype", modes: both, ops: `[{"op":"replace","path":"__proto__.x","value":true}]`, fail: "invalidPath"},
		{name: "constructor", modes: both, ops: `[{"op":"replace","path":"constructor.prototype","value":true}]`, fail: "invalidPath"},
		{name: "unknown sub-attribute", modes: both, before: `"roles":[{"value":"x"}]`, ops: `[{"op":"replace","path":"roles[value eq \"x\"].internalId","value":"1"}]`, fail: "invalidPath", says: "internalId"},
		{name: "unknown in value", modes: strict, ops: `[{"op":"replace","value":{"isAdmin":true}}]`, fail: "invalidSyntax", says: "isAdmin"},
		{name: "unknown in value, ignored", modes: tolerant, before: `"title":"T"`, ops: `[{"op":"replace","value":{"isAdmin":true,"__proto__":{"x":1},"tenantId":"t","title":"U","name.foo":"x","urn:x:y":{"z":1}}}]`, after: `"title":"U"`},
		{name: "filter on a single value", modes: both, ops: `[{"op":"replace","path":"name[givenName eq \"x\"]","value":{"givenName":"y"}}]`, fail: "invalidPath", says: "name"},
		{name: "sub-attribute of several values", modes: strict, before: `"emails":[{"value":"a@x.io","primary":true},{"value":"b@x.io"}]`,
			ops: `[{"op":"replace","path":"emails.value","value":"c@x.io"}]`, fail: "invalidPath", says: "emails.value"},
		{name: "remove with values", modes: strict, before: `"emails":[{"value":"a@x.io"}]`, ops: `[{"op":"remove","path":"emails","value":[{"value":"a@x.io"}]}]`, fail: "invalidValue", says: "emails"},
	} {
		e.run(t)
	}
}
