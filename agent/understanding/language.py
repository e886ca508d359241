"""What to say to a person whose language isn't supported, in that language.

Which language a message is in is told by `qa.deciding.language`; it is passed on from here so that
the agent's rooms need to know only one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa.deciding.language import UNKNOWN, Language, detect_language, foreign_language

__all__ = [
    "REPLIES",
    "UNKNOWN",
    "Language",
    "detect_language",
    "foreign_language",
    "reply_in_kind",
]

# Languages by their own names: what is named so is known to whoever could go on in it.
_NAMES = {
    "ar": "العربية",
    "bg": "български",
    "bn": "বাংলা",
    "bs": "bosanski",
    "ca": "català",
    "cs": "čeština",
    "da": "dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "español",
    "et": "eesti",
    "fa": "فارسی",
    "fi": "suomi",
    "fr": "français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "hrvatski",
    "hu": "magyar",
    "id": "Bahasa Indonesia",
    "it": "italiano",
    "ja": "日本語",
    "ko": "한국어",
    "lt": "lietuvių",
    "lv": "latviešu",
    "ms": "Bahasa Melayu",
    "nl": "Nederlands",
    "no": "norsk",
    "pl": "polski",
    "pt": "português",
    "ro": "română",
    "ru": "русский",
    "sk": "slovenčina",
    "sl": "slovenščina",
    "sr": "српски",
    "sv": "svenska",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
}

# English, the usual one to be named, as it is called in each of the languages replied in.
_ENGLISH = {
    "ar": "الإنجليزية",
    "bg": "английски",
    "bn": "ইংরেজি",
    "ca": "anglès",
    "cs": "angličtina",
    "da": "engelsk",
    "de": "Englisch",
    "el": "αγγλικά",
    "es": "inglés",
    "fa": "انگلیسی",
    "fi": "englanti",
    "fr": "anglais",
    "he": "אנגלית",
    "hi": "अंग्रेज़ी",
    "hr": "engleski",
    "hu": "angol",
    "id": "Inggris",
    "it": "inglese",
    "ja": "英語",
    "ko": "영어",
    "nl": "Engels",
    "no": "engelsk",
    "pl": "angielski",
    "pt": "inglês",
    "ro": "engleză",
    "ru": "английский",
    "sk": "angličtina",
    "sl": "angleščina",
    "sr": "енглески",
    "sv": "engelska",
    "th": "ภาษาอังกฤษ",
    "tr": "İngilizce",
    "uk": "англійська",
    "vi": "tiếng Anh",
    "zh": "英语",
}

REPLIES: Mapping[str, str] = {
    "ar": "عذرًا، يمكنني الإجابة بهذه اللغات فقط: {languages}. للتحدث إلى شخص اكتب «{ask}».",
    "bg": "Съжалявам, мога да отговарям само на: {languages}. "
    "За да говорите с човек, напишете „{ask}“.",
    "bn": "দুঃখিত, আমি শুধু এই ভাষায় উত্তর দিতে পারি: {languages}। কোনো ব্যক্তির সঙ্গে কথা বলতে লিখুন “{ask}”।",
    "ca": "Ho sento, només puc respondre en: {languages}. "
    "Per parlar amb una persona, escriviu «{ask}».",
    "cs": "Omlouvám se, odpovídat umím jen v těchto jazycích: {languages}. "
    "Chcete-li mluvit s člověkem, napište „{ask}“.",
    "da": "Beklager, jeg kan kun svare på: {languages}. "
    "Skriv “{ask}”, hvis du vil tale med et menneske.",
    "de": "Leider kann ich nur in diesen Sprachen antworten: {languages}. "
    "Um mit einem Menschen zu sprechen, schreiben Sie „{ask}“.",
    "el": "Λυπάμαι, μπορώ να απαντήσω μόνο σε: {languages}. "
    "Για να μιλήσετε με άνθρωπο, γράψτε «{ask}».",
    "es": "Lo siento, solo puedo responder en: {languages}. "
    "Para hablar con una persona, escriba «{ask}».",
    "fa": "متأسفم، فقط به این زبان‌ها می‌توانم پاسخ بدهم: {languages}. "
    "برای صحبت با یک نفر بنویسید «{ask}».",
    "fi": "Valitettavasti voin vastata vain näillä kielillä: {languages}. "
    "Jos haluat puhua ihmisen kanssa, kirjoita ”{ask}”.",
    "fr": "Désolé, je ne peux répondre que dans ces langues : {languages}. "
    "Pour parler à une personne, écrivez « {ask} ».",
    "he": "מצטערים, אפשר לענות רק בשפות האלה: {languages}. כדי לדבר עם אדם כתבו „{ask}”.",
    "hi": "क्षमा करें, मैं केवल इन भाषाओं में उत्तर दे सकता हूँ: {languages}। "
    "किसी व्यक्ति से बात करने के लिए “{ask}” लिखें।",
    "hr": "Žao mi je, mogu odgovarati samo na ovim jezicima: {languages}. "
    "Za razgovor s osobom napišite „{ask}”.",
    "hu": "Sajnos csak ezeken a nyelveken tudok válaszolni: {languages}. "
    "Ha emberrel szeretne beszélni, írja be: „{ask}”.",
    "id": "Maaf, saya hanya dapat menjawab dalam bahasa: {languages}. "
    "Untuk berbicara dengan petugas, tulis “{ask}”.",
    "it": "Mi dispiace, posso rispondere solo in: {languages}. "
    "Per parlare con una persona, scriva «{ask}».",
    "ja": "申し訳ありません。対応している言語は {languages} のみです。"
    "担当者と話すには「{ask}」と入力してください。",
    "ko": "죄송합니다. 다음 언어로만 답변할 수 있습니다: {languages}. "
    "상담원과 이야기하려면 “{ask}”라고 입력해 주세요.",
    "nl": "Sorry, ik kan alleen antwoorden in: {languages}. "
    "Wilt u een mens spreken, schrijf dan “{ask}”.",
    "no": "Beklager, jeg kan bare svare på: {languages}. "
    "Skriv «{ask}» hvis du vil snakke med et menneske.",
    "pl": "Przepraszam, mogę odpowiadać tylko w tych językach: {languages}. "
    "Aby porozmawiać z człowiekiem, napisz „{ask}”.",
    "pt": "Desculpe, só posso responder em: {languages}. "
    "Para falar com uma pessoa, escreva “{ask}”.",
    "ro": "Îmi pare rău, pot răspunde doar în: {languages}. "
    "Pentru a vorbi cu o persoană, scrieți „{ask}”.",
    "ru": "К сожалению, я могу отвечать только на этих языках: {languages}. "
    "Чтобы поговорить с человеком, напишите «{ask}».",
    "sk": "Prepáčte, odpovedať viem len v týchto jazykoch: {languages}. "
    "Ak chcete hovoriť s človekom, napíšte „{ask}“.",
    "sl": "Žal lahko odgovarjam samo v teh jezikih: {languages}. "
    "Za pogovor s človekom napišite »{ask}«.",
    "sr": "Жао ми је, могу да одговарам само на овим језицима: {languages}. "
    "За разговор са особом напишите „{ask}”.",
    "sv": "Tyvärr kan jag bara svara på: {languages}. "
    "Skriv ”{ask}” om du vill tala med en människa.",
    "th": "ขออภัย ฉันตอบได้เฉพาะภาษาเหล่านี้: {languages} หากต้องการคุยกับเจ้าหน้าที่ พิมพ์ “{ask}”",
    "tr": "Üzgünüm, yalnızca şu dillerde yanıt verebiliyorum: {languages}. "
    "Bir kişiyle görüşmek için “{ask}” yazın.",
    "uk": "На жаль, я можу відповідати лише цими мовами: {languages}. "
    "Щоб поговорити з людиною, напишіть «{ask}».",
    "vi": "Xin lỗi, tôi chỉ có thể trả lời bằng: {languages}. "
    "Để nói chuyện với nhân viên, hãy viết “{ask}”.",
    "zh": "抱歉，我只能用以下语言回答：{languages}。如需人工服务，请输入“{ask}”。",
}
"""Two letters → what is said in that language: what is answered, and how to reach a person."""


def reply_in_kind(
    code: str, *, supported: Sequence[str] = ("en",), ask: str = "talk to a person"
) -> str | None:
    """Return a polite no in the person's own language, or None if we have none in it.

    Args:
        code: Two letters, as `detect_language` gives them.
        supported: Languages that are answered, two letters each.
        ask: What to write to reach a person; it must be in a supported language.
    """
    if code not in REPLIES:
        return None
    languages = ", ".join(
        _ENGLISH[code] if each == "en" else _NAMES.get(each, each) for each in supported
    )
    return REPLIES[code].format(languages=languages, ask=ask)
