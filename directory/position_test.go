package directory

import (
	"testing"
	"time"
)

func TestPositions(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	doc := Document(`{"userName":"Ann","name":{"familyName":"B\"ee"},"title":"T","n":5,"none":null,"` + EnterpriseSchema + `":{"employeeNumber":"7"},"urn:example:2.0:User":{"badge":{"number":"x.1"}}}`)
	u := &User{Seq: 3, ID: NewID(at), Created: at, Modified: at.Add(time.Hour), Document: doc}
	for _, x := range []struct {
		sort Sort
		want Position
	}{
		{Sort{Field: FieldID}, Position{Seq: 3, Text: u.ID.String()}},
		{Sort{Field: FieldUserName}, Position{Seq: 3, Text: "Ann"}},
		{Sort{Field: FieldDisplayName}, Position{Seq: 3, Missing: true}},
		{Sort{Field: FieldFamilyName}, Position{Seq: 3, Text: `B"ee`}},
		{Sort{Field: FieldEmployeeNumber}, Position{Seq: 3, Text: "7"}},
		{Sort{Field: FieldCreated}, Position{Seq: 3, Time: at}},
		{Sort{Field: FieldLastModified}, Position{Seq: 3, Time: at.Add(time.Hour)}},
		{Sort{Field: FieldAttribute, Attribute: "title"}, Position{Seq: 3, Text: "T"}},
		{Sort{Field: FieldAttribute, Attribute: "n"}, Position{Seq: 3, Text: "5"}},
		{Sort{Field: FieldAttribute, Attribute: "none"}, Position{Seq: 3, Missing: true}},
		{Sort{Field: FieldAttribute, Attribute: "urn:example:2.0:User:badge.number"}, Position{Seq: 3, Text: "x.1"}},
		{Sort{Field: FieldAttribute, Attribute: "urn:example:2.0:User:badge.none"}, Position{Seq: 3, Missing: true}},
		{Sort{Field: FieldAttribute, Attribute: "urn:example:2.0:Other:x"}, Position{Seq: 3, Missing: true}},
	} {
		if got, err := u.Position(&x.sort); got != x.want || err != nil {
			t.Errorf("%+v: %+v, %v; want %+v", x.sort, got, err, x.want)
		}
	}
	g := &Group{Seq: 4, ID: NewID(at), DisplayName: "G"}
	if got, err := g.Position(&Sort{Field: FieldDisplayName}); got != (Position{Seq: 4, Text: "G"}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	r := &Resource{Seq: 5, Document: doc}
	if got, err := r.Position(&Sort{Field: FieldAttribute, Attribute: "title"}); got != (Position{Seq: 5, Text: "T"}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := u.Position(&Sort{Field: FieldEmail}); err == nil {
		t.Error("an order by addresses")
	}
	for _, damaged := range []string{`{"userName":`, `[]`} {
		if _, err := (&User{Document: Document(damaged)}).Position(&Sort{Field: FieldUserName}); err == nil {
			t.Errorf("%s: no error", damaged)
		}
	}
}
