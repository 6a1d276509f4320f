#include "app/ctl/databasejson.h"

namespace ctl {

namespace {

/// The predecessor's archives do not say it: null.
void addText(JsonWriter &json, const char *key, const std::string &value)
{
    if (value.empty())
        json.key(key).raw("null");
    else
        json.member(key, value);
}

} // namespace

void addOmissions(JsonWriter &json, const std::vector<archive::Omission> &omissions)
{
    json.key("omissions").beginArray();
    for (const archive::Omission &omission : omissions) {
        json.beginObject().member("code", omission.code);
        if (omission.id)
            json.member("id", *omission.id);
        if (omission.rev)
            json.member("rev", *omission.rev);
        if (omission.attachment)
            json.member("attachment", *omission.attachment);
        json.member("message", omission.message).endObject();
    }
    json.endArray();
}

void addDatabase(JsonWriter &json, const archive::ManifestDatabase &entry)
{
    json.member("name", entry.name).member("documents", entry.documents);
    json.member("deleted", entry.deleted).member("leaves", entry.leaves);
    json.member("conflicted", entry.conflicted).member("attachments", entry.attachments);
    json.key("update_seq").raw(entry.updateSeq.empty() ? "null" : entry.updateSeq);
    json.member("reused", entry.reused);
    addText(json, "content_from", entry.contentFrom);
    addText(json, "compared", entry.comparedAt);
    addOmissions(json, entry.omissions);
}

} // namespace ctl
