package rsa

// The journal's words for what this API does; each of them is an
// administration log event.
const (
	actionSync        = "rsa.synchronize"
	actionEnable      = "rsa.enable"
	actionDisable     = "rsa.disable"
	actionMark        = "rsa.markDeleted"
	actionUnmark      = "rsa.undelete"
	actionDelete      = "rsa.delete"
	actionUnlock      = "rsa.unlock"
	actionUpdatePhone = "rsa.updatePhone"
)

// activity is how one action appears in the administration log.
type activity struct {
	action string
	key    string // activityKey
	code   int    // activityCode
	// done and failed are the verb phrases of the message
	// "Admin {0} <phrase> user {1}".
	done, failed string
}

// activities are all activities. RSA publishes codes from 80001 to 82562, those
// of the user operations were not to be read, so these numbers are ours, in a
// block RSA does not use (documented-apis 2.5); a real one can be put in its
// row, and past events then show it, as the journal keeps actions, not codes.
var activities = [...]activity{
	{actionSync, "SYNCHRONIZE_USER", 89001, "synchronized", "failed to synchronize"},
	{actionEnable, "ENABLE_USER", 89002, "enabled", "failed to enable"},
	{actionDisable, "DISABLE_USER", 89003, "disabled", "failed to disable"},
	{actionMark, "MARK_USER_DELETED", 89004, "marked deleted", "failed to mark deleted"},
	{actionUnmark, "UNDELETE_USER", 89005, "undeleted", "failed to undelete"},
	{actionDelete, "DELETE_USER", 89006, "deleted", "failed to delete"},
	{actionUnlock, "UNLOCK_USER", 89007, "unlocked the tokencodes of", "failed to unlock the tokencodes of"},
	{actionUpdatePhone, "UPDATE_USER_PHONE", 89008, "updated the phone numbers of", "failed to update the phone numbers of"},
}

// activityOf returns the activity of a journal action.
func activityOf(action string) (activity, bool) {
	for _, a := range activities {
		if a.action == action {
			return a, true
		}
	}
	return activity{}, false
}

// message is the sentence of an event.
func (a activity) message(admin string, success bool, user string) string {
	phrase := a.done
	if !success {
		phrase = a.failed
	}
	return "Admin " + admin + " " + phrase + " user " + user
}
