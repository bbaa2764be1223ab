package schema

import (
	"github.com/elimity-com/scim/optional"
	elimity "github.com/elimity-com/scim/schema"

	"github.com/scimbridge/scimbridge/directory"
)

// bridgeSchema is our own extension: the shape of directory.Bridge.
func bridgeSchema() elimity.Schema {
	return elimity.Schema{
		ID:          directory.BridgeSchema,
		Name:        optional.NewString("BridgeUser"),
		Description: optional.NewString("What the connected applications know of a user and no standard schema has"),
		Attributes: elimity.Attributes{
			elimity.SimpleCoreAttribute(boolean("locked", "Whether the account is locked in the applications, apart from being active.")),
			complex("uniphore", "Attributes of Uniphore.",
				text("username", "The login in Uniphore, if it is not the userName."),
				identifier("clientId", "The client of Uniphore to which the user belongs."),
				identifier("auth0Id", "The user's id at Auth0."),
				text("stationId", "The station of a contact-centre agent."),
				text("stationIdMode", "Whether the station is fixed or chosen at each login.", "static", "dynamic"),
				boolean("syncToTableau", "Whether the user is handed on to Tableau."),
			),
			complex("rsa", "Attributes of RSA.",
				text("identitySource", "The identity source to which the user belongs."),
				boolean("highRiskUser", "Whether the user is marked as a high risk."),
			),
			complex("syncari", "Attributes of Syncari.",
				boolean("apiUser", "Whether the user logs in through the API only."),
			),
			complex("servicemobility", "Attributes of ServiceMobility.",
				identifier("dGroupId", "The dispatch group."),
				boolean("isMobileWorker", "Whether the user works with the mobile application."),
				boolean("enableMobileDiagnostics", "Whether the mobile application reports diagnostics."),
				identifier("storageLocationId", "The storage location from which the user takes parts."),
			),
			elimity.ComplexCoreAttribute(elimity.ComplexParams{
				Name:        "extensions",
				MultiValued: true,
				Description: optional.NewString("Extension fields of ServiceMobility: display is the name of the field, value its value."),
				SubAttributes: []elimity.SimpleParams{
					identifier("value", "The value of the field."),
					text("display", "The name of the field."),
					text("type", "A label indicating the attribute's function."),
					boolean("primary", "Whether this is the preferred value. The value 'true' appears no more than once."),
				},
			}),
		},
	}
}

func complex(name, description string, subs ...elimity.SimpleParams) elimity.CoreAttribute {
	return elimity.ComplexCoreAttribute(elimity.ComplexParams{
		Name: name, Description: optional.NewString(description), SubAttributes: subs,
	})
}

func text(name, description string, canonical ...string) elimity.SimpleParams {
	return elimity.SimpleStringParams(elimity.StringParams{
		Name: name, Description: optional.NewString(description), CanonicalValues: canonical,
	})
}

// identifier is a case-exact string.
func identifier(name, description string) elimity.SimpleParams {
	return elimity.SimpleStringParams(elimity.StringParams{
		Name: name, Description: optional.NewString(description), CaseExact: true,
	})
}

func boolean(name, description string) elimity.SimpleParams {
	return elimity.SimpleBooleanParams(elimity.BooleanParams{Name: name, Description: optional.NewString(description)})
}
