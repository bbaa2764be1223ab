package patch_test

import "testing"

// What identity providers send to users; the names say which exchange.
func TestDialects(t *testing.T) {
	for _, e := range []exchange{
		// covers: OK-07, OK-08, T-54
		{name: "OK-07", modes: both, before: `"active":true`, ops: `[{"op":"replace","value":{"active":false}}]`, after: `"active":false`},
		{name: "OK-08", modes: both, before: `"active":false,"groups":[{"value":"g1"}]`, ops: `[{"op":"replace","value":{"active":true}}]`, after: `"active":true,"groups":[{"value":"g1"}]`},
		// covers: OK-10
		{name: "OK-10", modes: both, ops: `[{"op":"replace","value":{"password":"n3w"}}]`, after: `"password":"n3w"`},
		// covers: EN-07
		{name: "EN-07", modes: both, before: `"displayName":"O","name":{"formatted":"O P","familyName":"P","givenName":"O"},"emails":[{"value":"o@x.io","type":"work","primary":true},{"value":"h@x.io","type":"home"}]`,
			ops:   `[{"op":"Replace","path":"displayName","value":"P"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.io"},{"op":"Replace","path":"name.givenName","value":"G"},{"op":"Replace","path":"externalId","value":"E"},{"op":"Replace","path":"EXT:employeeNumber","value":"9"}]`,
			after: `"externalId":"E","displayName":"P","name":{"formatted":"O P","familyName":"P","givenName":"G"},"emails":[{"value":"n@x.io","type":"work","primary":true},{"value":"h@x.io","type":"home"}],"EXT":{"employeeNumber":"9"}`},
		// covers: EN-08
		{name: "EN-08", modes: tolerant, before: `"name":{"formatted":"K","givenName":"O"},"emails":[{"value":"o@x.io","type":"work"}]`,
			ops:   `[{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@x.io"},{"op":"replace","value":{"displayName":"P","name.givenName":"G","name.familyName":"F","EXT:employeeNumber":"9"}}]`,
			after: `"displayName":"P","name":{"formatted":"K","familyName":"F","givenName":"G"},"emails":[{"value":"n@x.io","type":"work"}],"EXT":{"employeeNumber":"9"}`},
		{name: "EN-08, value paths as keys", modes: tolerant, before: `"emails":[{"value":"o@x.io","type":"work"}]`,
			ops:   `[{"op":"replace","value":{"emails[type eq \"work\"].value":"n@x.io","CORE:title":"T","EXT.department":"D","EXT":{"manager.value":"m"}}},{"op":"add","value":{"phoneNumbers[type eq \"mobile\"].value":"1"}}]`,
			after: `"title":"T","emails":[{"value":"n@x.io","type":"work"}],"phoneNumbers":[{"value":"1","type":"mobile"}],"EXT":{"department":"D","manager":{"value":"m"}}`},
		{name: "EN-08, a value path that goes wrong", modes: tolerant, ops: `[{"op":"replace","value":{"emails[type eq \"work\".value":"n@x.io"}}]`, fail: "invalidPath"},
		{name: "EN-08, dotted keys", modes: strict, ops: `[{"op":"replace","value":{"name.givenName":"G"}}]`, fail: "invalidSyntax", says: "name.givenName"},
		// covers: EN-09, EN-10
		{name: "EN-09", modes: tolerant, before: `"active":true`, ops: `[{"op":"Replace","path":"active","value":"False"}]`, after: `"active":false`},
		{name: "EN-09 strict", modes: strict, before: `"active":true`, ops: `[{"op":"Replace","path":"active","value":"False"}]`, fail: "invalidValue", says: "active"},
		{name: "EN-09 in an array", modes: tolerant, before: `"active":true`, ops: `[{"op":"Replace","path":"active","value":[{"$ref":null,"value":"False"}]}]`, after: `"active":false`},
		{name: "EN-10", modes: both, before: `"active":true`, ops: `[{"op":"replace","path":"active","value":false}]`, after: `"active":false`},
		// covers: EN-11
		{name: "EN-11", modes: both, before: `"nickName":"Bob"`, ops: `[{"op":"Add","path":"nickName","value":"Babs"}]`, after: `"nickName":"Babs"`},
		// covers: EN-13
		{name: "EN-13", modes: tolerant, ops: `[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.io"}]`, after: `"emails":[{"value":"n@x.io","type":"work"}]`},
		{name: "EN-13, other types", modes: tolerant, before: `"emails":[{"value":"h@x.io","type":"home","primary":true}]`,
			ops: `[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.io"}]`, after: `"emails":[{"value":"h@x.io","type":"home","primary":true},{"value":"n@x.io","type":"work"}]`},
		{name: "EN-13, primary", modes: tolerant, before: `"emails":[{"value":"h@x.io","type":"home"}]`,
			ops: `[{"op":"Replace","path":"emails[primary eq true].value","value":"n@x.io"}]`, after: `"emails":[{"value":"h@x.io","type":"home"},{"value":"n@x.io","primary":true}]`},
		{name: "EN-13, type and primary", modes: tolerant, before: `"emails":[{"value":"h@x.io","type":"home","primary":true}]`,
			ops: `[{"op":"Add","path":"emails[type eq \"Work\" and primary eq true].value","value":"n@x.io"}]`, after: `"emails":[{"value":"h@x.io","type":"home","primary":false},{"value":"n@x.io","type":"work","primary":true}]`},
		{name: "EN-13, a whole element", modes: tolerant,
			ops: `[{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"]","value":{"value":"1"}},{"op":"add","path":"phoneNumbers[type eq \"work\"]","value":"2"}]`, after: `"phoneNumbers":[{"value":"1","type":"mobile"},{"value":"2","type":"work"}]`},
		{name: "EN-13, nothing to create", modes: tolerant, before: `"title":"T"`, ops: `[{"op":"Replace","path":"emails[type eq \"work\"].value","value":""}]`, after: `"title":"T"`},
		{name: "EN-13, no canonical type", modes: tolerant, ops: `[{"op":"Add","path":"emails[type eq \"boat\"].value","value":"n@x.io"}]`, fail: "noTarget"},
		{name: "EN-13, another filter", modes: tolerant, ops: `[{"op":"Add","path":"emails[value eq \"a@x.io\"].type","value":"work"}]`, fail: "noTarget"},
		{name: "EN-13, either of two", modes: tolerant, ops: `[{"op":"Add","path":"emails[type eq \"work\" or type eq \"home\"].value","value":"n@x.io"}]`, fail: "noTarget"},
		{name: "EN-13, primary false", modes: tolerant, ops: `[{"op":"Add","path":"emails[primary eq false].value","value":"n@x.io"}]`, fail: "noTarget"},
		// covers: EN-15
		{name: "EN-15", modes: tolerant,
			ops:   `[{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"18/2111"},{"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"18"}]`,
			after: `"addresses":[{"formatted":"18/2111","streetAddress":"18","type":"work"}]`},
		// covers: EN-28
		{name: "EN-28", modes: both, before: `"roles":[{"value":"A"},{"value":"B"}]`,
			ops:   `[{"op":"replace","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}]}]`,
			after: `"roles":[{"value":"User","display":"User","type":"WindowsAzureActiveDirectoryRole","primary":false}]`},
		{name: "roles by a string boolean", modes: tolerant, before: `"roles":[{"value":"A","primary":true},{"value":"B"}]`,
			ops: `[{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"C"}]`, after: `"roles":[{"value":"C","primary":true},{"value":"B"}]`},
		{name: "roles created by a string boolean", modes: tolerant,
			ops: `[{"op":"Add","path":"roles[primary eq \"True\"].value","value":"C"},{"op":"Add","path":"roles[primary eq \"True\"].display","value":"D"}]`, after: `"roles":[{"value":"C","display":"D","primary":true}]`},
		// covers: A0-8, A0-9
		{name: "A0-9", modes: tolerant, before: `"id":"7","meta":{"resourceType":"User"}`,
			ops:   `[{"op":"replace","value":{"schemas":["x"],"id":"8","meta":{"version":"1"},"groups":[{"value":"g"}],"title":"T"}}]`,
			after: `"id":"7","meta":{"resourceType":"User"},"title":"T"`},
		// covers: A0-1
		{name: "A0-1", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops:   `[{"op":"REPLACE","path":"DisplayName","value":"D"},{"op":"Add","value":{"NICKNAME":"N"}},{"op":"replace","path":"EMAILS[TYPE EQ \"work\"].Primary","value":true}]`,
			after: `"displayName":"D","nickName":"N","emails":[{"value":"a@x.io","type":"work","primary":true}]`},
		{name: "A0-1, URN", modes: both, ops: `[{"op":"Add","path":"URN:IETF:params:scim:schemas:extension:enterprise:2.0:user:Department","value":"D"}]`, after: `"EXT":{"department":"D"}`},
		// covers: OL-05, OL-06
		{name: "OL-05", modes: tolerant, before: `"title":"T"`, ops: `[{"op":"replace","value":{"active":"true","title":"","externalId":null,"id":null}}]`, after: `"active":true`},
		{name: "numbers", modes: tolerant, ops: `[{"op":"replace","path":"EXT:employeeNumber","value":9}]`, after: `"EXT":{"employeeNumber":"9"}`},
		// covers: OL-07
		{name: "manager by alias", modes: tolerant, ops: `[{"op":"replace","path":"EXT:manager","value":{"managerId":"9","displayName":"M"}}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		// covers: EN-22, EN-23
		{name: "manager", modes: both, ops: `[{"op":"add","path":"EXT:manager","value":{"value":"9"}}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "manager as string", modes: tolerant, ops: `[{"op":"add","path":"EXT:manager","value":"9"}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "manager in an array", modes: tolerant, ops: `[{"op":"Add","path":"EXT:manager","value":[{"$ref":null,"value":"9"}]}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "manager.value", modes: both, before: `"EXT":{"manager":{"value":"8","$ref":"../Users/8"}}`, ops: `[{"op":"add","path":"EXT:manager.value","value":"9"}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "the same manager", modes: both, before: `"EXT":{"manager":{"value":"8","$ref":"../Users/8"}}`, ops: `[{"op":"add","path":"EXT:manager.value","value":"8"}]`, after: `"EXT":{"manager":{"value":"8","$ref":"../Users/8"}}`},
		{name: "manager pre-2018", modes: tolerant, ops: `[{"op":"add","path":"EXT.manager","value":"9"}]`, after: `"EXT":{"manager":{"value":"9"}}`},
		{name: "no manager", modes: both, before: `"EXT":{"manager":{"value":"8"},"department":"D"}`, ops: `[{"op":"remove","path":"EXT:manager"}]`, after: `"EXT":{"department":"D"}`},
		{name: "no manager.value", modes: both, before: `"EXT":{"manager":{"value":"8","$ref":"../Users/8"}}`, ops: `[{"op":"remove","path":"EXT:manager.value"}]`, after: ``},
		{name: "empty manager", modes: tolerant, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"replace","path":"EXT:manager","value":""}]`, after: ``},
		{name: "null manager", modes: both, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"replace","path":"EXT:manager","value":null}]`, after: ``},
		{name: "null manager by alias", modes: tolerant, before: `"EXT":{"manager":{"value":"8"}}`, ops: `[{"op":"replace","value":{"EXT":{"manager":{"managerId":null}}}}]`, after: ``},
		{name: "manager.displayName", modes: both, ops: `[{"op":"replace","path":"EXT:manager.displayName","value":"M"}]`, fail: "mutability", says: "manager.displayName"},
		{name: "null extension", modes: both, before: `"title":"T","EXT":{"department":"D"}`, ops: `[{"op":"replace","value":{"EXT":null}}]`, after: `"title":"T"`},
		// covers: SP-05
		{name: "SP-05", modes: both, before: `"entitlements":[{"value":"e1"},{"value":"e2"}]`,
			ops: `[{"op":"remove","path":"entitlements[value eq \"e1\"]"},{"op":"add","path":"entitlements","value":[{"value":"e3"}]}]`, after: `"entitlements":[{"value":"e2"},{"value":"e3"}]`},
		// covers: XX-06
		{name: "XX-06", modes: both, before: `"emails":[{"value":"a@x.io"},{"value":"b@x.io"}],"phoneNumbers":[{"value":"1"}]`,
			ops:   `[{"op":"remove","path":"emails[value eq \"a@x.io\"]"},{"op":"remove","path":"phoneNumbers[value eq \"1\"]"},{"op":"add","path":"emails","value":[{"value":"c@x.io"}]}]`,
			after: `"emails":[{"value":"b@x.io"},{"value":"c@x.io"}]`},
		// Entra clears a phone number so; no number of type mobile is left over.
		{name: "clear by value path", modes: both, before: `"phoneNumbers":[{"value":"1","type":"mobile","primary":true},{"value":"2","type":"work"}]`,
			ops: `[{"op":"Remove","path":"phoneNumbers[type eq \"mobile\"].value"}]`, after: `"phoneNumbers":[{"value":"2","type":"work"}]`},
		{name: "clear and set by value path", modes: both, before: `"phoneNumbers":[{"value":"1","type":"mobile"}]`,
			ops: `[{"op":"Remove","path":"phoneNumbers[type eq \"mobile\"].value"},{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"3"}]`, after: `"phoneNumbers":[{"value":"3","type":"mobile"}]`},
		// The relatives of EN-45 for other attributes.
		{name: "remove listed values", modes: tolerant, before: `"emails":[{"value":"a@x.io","type":"work"},{"value":"B@x.io","type":"home"},{"value":"c@x.io"}]`,
			ops: `[{"op":"Remove","path":"emails","value":[{"$ref":null,"value":"a@x.io"}]},{"op":"Remove","path":"emails","value":"b@x.io"}]`, after: `"emails":[{"value":"c@x.io"}]`},
		{name: "remove listed types", modes: tolerant, before: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io","type":"home"}]`,
			ops: `[{"op":"Remove","path":"emails","value":{"type":"work"}}]`, after: `"emails":[{"value":"b@x.io","type":"home"}]`},
		{name: "remove listed value of another type", modes: tolerant, before: `"emails":[{"value":"a@x.io","type":"work"}]`,
			ops: `[{"op":"Remove","path":"emails","value":[{"value":"a@x.io","type":"home"}]}]`, after: `"emails":[{"value":"a@x.io","type":"work"}]`},
		{name: "remove by the value of a sub-attribute", modes: tolerant, before: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io"}]`,
			ops: `[{"op":"Remove","path":"emails.value","value":"a@x.io"}]`, after: `"emails":[{"value":"b@x.io"}]`},
		{name: "remove what is unknown", modes: tolerant, before: `"emails":[{"value":"a@x.io"}]`, ops: `[{"op":"Remove","path":"emails","value":[{"foo":"a@x.io"}]}]`, fail: "invalidValue"},
		{name: "remove all", modes: both, before: `"emails":[{"value":"a@x.io"}],"roles":[{"value":"r"}]`,
			ops: `[{"op":"Remove","path":"emails","value":null},{"op":"Remove","path":"roles","value":[]}]`, after: ``},
		{name: "remove a single value, with value", modes: both, before: `"nickName":"N"`, ops: `[{"op":"Remove","path":"nickName","value":"N"}]`, after: ``},
		{name: "remove without path", modes: tolerant, before: `"nickName":"N","title":"T","emails":[{"value":"a@x.io"},{"value":"b@x.io"}]`,
			ops: `[{"op":"Remove","value":{"nickName":null,"emails":[{"value":"a@x.io"}]}}]`, fail: ``, after: `"title":"T","emails":[{"value":"b@x.io"}]`},
		// An object that was serialised twice, or put into an array.
		{name: "value as text", modes: tolerant, before: `"active":true`, ops: `[{"op":"replace","value":"{\"active\":false}"}]`, after: `"active":false`},
		{name: "value as array", modes: tolerant, before: `"active":true`, ops: `[{"op":"replace","value":[{"active":false},{"title":"T"}]}]`, after: `"active":false,"title":"T"`},
		{name: "value as scalar", modes: both, ops: `[{"op":"replace","value":"active"}]`, fail: "invalidValue"},
		{name: "no value", modes: both, ops: `[{"op":"replace","value":null}]`, fail: "invalidValue"},
		{name: "empty path", modes: tolerant, before: `"active":true`, ops: `[{"op":"replace","path":"","value":{"active":false}}]`, after: `"active":false`},
		{name: "null path", modes: both, before: `"active":true`, ops: `[{"op":"replace","path":null,"value":{"active":false}}]`, after: `"active":false`},
		{name: "core URN", modes: both, ops: `[{"op":"replace","path":"CORE:name.givenName","value":"G"}]`, after: `"name":{"givenName":"G"}`},
		{name: "core URN as path", modes: both, ops: `[{"op":"replace","path":"CORE","value":{"title":"T"}}]`, after: `"title":"T"`},
		// A sub-attribute of a list without saying of which element.
		{name: "emails.value, none", modes: tolerant, ops: `[{"op":"replace","path":"emails.value","value":"a@x.io"}]`, after: `"emails":[{"value":"a@x.io"}]`},
		{name: "emails.value, one", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"}]`, ops: `[{"op":"replace","path":"emails.value","value":"b@x.io"}]`, after: `"emails":[{"value":"b@x.io","type":"work"}]`},
		{name: "emails.value, primary", modes: tolerant, before: `"emails":[{"value":"a@x.io"},{"value":"b@x.io","primary":true}]`, ops: `[{"op":"replace","path":"emails.value","value":"c@x.io"}]`, after: `"emails":[{"value":"a@x.io"},{"value":"c@x.io","primary":true}]`},
		{name: "emails.value, several", modes: both, before: `"emails":[{"value":"a@x.io"},{"value":"b@x.io"}]`, ops: `[{"op":"replace","path":"emails.value","value":"c@x.io"}]`, fail: "invalidPath", says: "emails.value"},
		{name: "emails.display removed from all", modes: both, before: `"emails":[{"value":"a@x.io","display":"A"},{"value":"b@x.io","display":"B"}]`, ops: `[{"op":"remove","path":"emails.display"}]`, after: `"emails":[{"value":"a@x.io"},{"value":"b@x.io"}]`},
		// covers: XX-11
		{name: "empty elements", modes: tolerant, before: `"emails":[{"value":"a@x.io"}]`, ops: `[{"op":"add","path":"emails","value":[{"value":"b@x.io"},{}]},{"op":"add","path":"roles","value":[{}]}]`, after: `"emails":[{"value":"a@x.io"},{"value":"b@x.io"}]`},
		{name: "elements of nothing known", modes: tolerant, before: `"emails":[{"value":"a@x.io"}]`, ops: `[{"op":"replace","path":"emails","value":[{"foo":"b@x.io"}]}]`, fail: "invalidValue", says: "emails"},
		{name: "two equal after replacement", modes: both, before: `"emails":[{"value":"a@x.io","type":"work"},{"value":"b@x.io","type":"work"}]`,
			ops: `[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"c@x.io","type":"work","primary":true}}]`, after: `"emails":[{"value":"c@x.io","type":"work","primary":true}]`},
	} {
		e.run(t)
	}
}
