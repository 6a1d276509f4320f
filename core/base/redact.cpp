#include "core/base/redact.h"

#include <QByteArray>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>
#include <array>

namespace base {

namespace {

constexpr size_t kShortest = 3;

/// The part of the base64 of any text with `secret` in it that depends on the secret alone, when
/// `before` bytes (0 to 2) of its first group of three belong to others.
std::string base64Core(std::string_view secret, size_t before)
{
    QByteArray padded(static_cast<qsizetype>(before), 'x');
    padded.append(secret.data(), static_cast<qsizetype>(secret.size()));
    const std::string encoded = padded.toBase64(QByteArray::OmitTrailingEquals).toStdString();
    const size_t first = (before * 8 + 5) / 6; // characters that hold bits of others
    const size_t whole = static_cast<size_t>(padded.size()) * 8 / 6; // hold bits of nobody behind
    return whole > first ? encoded.substr(first, whole - first) : std::string();
}

void replaceAll(std::string &text, std::string_view what)
{
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos;) {
        text.replace(at, what.size(), kRedacted);
        at += std::string_view(kRedacted).size();
    }
}

struct Pattern {
    QRegularExpression expression; ///< keeps its group 1
};

const std::array<Pattern, 4> &patterns()
{
    constexpr auto noCase = QRegularExpression::CaseInsensitiveOption;
    static const std::array<Pattern, 4> table{{
        {QRegularExpression(QStringLiteral(R"((://[^/@\s:"']{0,200}):[^/@\s"']{1,500}(?=@))"))},
        {QRegularExpression(
            QStringLiteral(
                R"(((?:proxy-)?authorization\W{1,4}(?:basic|bearer|digest|negotiate)?\s{0,4})[^\s"',}]+)"),
            noCase)},
        {QRegularExpression(
            QStringLiteral(R"(((?:authsession|set-cookie|cookie)\W{1,4})[^\s;"']+)"), noCase)},
        {QRegularExpression(
            QStringLiteral(
                R"(((?:password|passwd|passphrase|secret|api_?key|token)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',;&}]+)"),
            noCase)},
    }};
    return table;
}

} // namespace

void Redactor::know(const Secret &secret)
{
    const std::string_view value = secret.reveal();
    if (value.size() < kShortest)
        return;
    std::vector<std::string> forms{std::string(value)};
    const QString asText = QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
    const QByteArray percent = QUrl::toPercentEncoding(asText);
    forms.push_back(percent.toStdString());
    forms.push_back(percent.toLower().toStdString());
    for (size_t before = 0; before < 3; ++before) {
        constexpr size_t shortestCore = 4;
        std::string core = base64Core(value, before);
        if (core.size() >= shortestCore)
            forms.push_back(std::move(core));
    }
    // The longest first: a form may begin with another.
    const std::lock_guard lock(m_mutex);
    for (std::string &form : forms) {
        const bool isKnown =
            std::any_of(m_forms.begin(), m_forms.end(),
                        [&form](const Secret &known) { return known.reveal() == form; });
        if (!isKnown)
            m_forms.emplace_back(std::move(form));
    }
    std::sort(m_forms.begin(), m_forms.end(), [](const Secret &a, const Secret &b) {
        return a.reveal().size() > b.reveal().size();
    });
}

std::string Redactor::redact(std::string_view text) const
{
    std::string redacted(text);
    {
        const std::lock_guard lock(m_mutex);
        for (const Secret &form : m_forms)
            replaceAll(redacted, form.reveal());
    }
    QString wide = QString::fromStdString(redacted);
    bool changed = false;
    for (const Pattern &pattern : patterns()) {
        if (!pattern.expression.match(wide).hasMatch())
            continue;
        const QString replacement = &pattern == &patterns().front()
            ? QStringLiteral("\\1:[redacted]")
            : QStringLiteral("\\1[redacted]");
        wide.replace(pattern.expression, replacement);
        changed = true;
    }
    return changed ? wide.toStdString() : redacted;
}

} // namespace base
