//! The data sets of the paper: seven for classification, five language pairs.
//!
//! Checksums are copied from those who publish them (named in `checksums`), never computed from our own downloads.

use super::rows::Layout;
use super::set::{DataFile, DataSet, DataTask, Source, Take};

const HUGGING_FACE: &str = "github.com/huggingface/datasets, dataset_infos.json";

/// The labels `0` and `1` for the two classes of a CSV file that counts from 1.
const FIRST_OR_SECOND: &[(&str, &str)] = &[("1", "0"), ("2", "1")];

pub(super) const SMS_SPAM: DataSet = DataSet {
    name: "sms_spam",
    title: "SMS spam",
    about: "text messages: ham or spam",
    task: DataTask::Classification,
    rows: [Some(5_574), None],
    download_bytes: Some(203_415),
    licence: "CC BY 4.0",
    page: "https://archive.ics.uci.edu/dataset/228/sms+spam+collection",
    checksums: HUGGING_FACE,
    labels: Some(["ham", "spam"]),
    changes: "none",
    sources: &[Source {
        file: "smsspamcollection.zip",
        url: "https://archive.ics.uci.edu/ml/machine-learning-databases/00228/smsspamcollection.zip",
        bytes: Some(203_415),
        sha256: Some("1587ea43e58e82b14ff1f5425c88e17f8496bfcdb67a583dbff9eefaf9963ce3"),
    }],
    files: &[DataFile {
        name: "sms.tsv.gz",
        source: 0,
        take: Take::Lines {
            member: "SMSSpamCollection",
            layout: Layout::LabelFirst,
            classes: &[("ham", "0"), ("spam", "1")],
        },
    }],
};

const fn glue(name: &'static str, member: &'static str) -> DataFile {
    let classes = &[("0", "0"), ("1", "1")];
    DataFile { name, source: 0, take: Take::Lines { member, layout: Layout::HeaderThenLabelLast, classes } }
}

pub(super) const SST2: DataSet = DataSet {
    name: "sst2",
    title: "SST-2",
    about: "phrases and sentences of film reviews: negative or positive",
    task: DataTask::Classification,
    rows: [Some(67_349), Some(872)],
    download_bytes: Some(7_439_277),
    licence: "not stated; published for research (Socher et al. 2013)",
    page: "https://nlp.stanford.edu/sentiment/",
    checksums: HUGGING_FACE,
    labels: Some(["negative", "positive"]),
    changes: "none; GLUE's test split has no labels and is left out",
    sources: &[Source {
        file: "SST-2.zip",
        url: "https://dl.fbaipublicfiles.com/glue/data/SST-2.zip",
        bytes: Some(7_439_277),
        sha256: Some("d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa"),
    }],
    files: &[glue("train.tsv.gz", "SST-2/train.tsv"), glue("dev.tsv.gz", "SST-2/dev.tsv")],
};

const fn folders(
    name: &'static str,
    classes: &'static [(&'static str, &'static str)],
    layout: Layout,
) -> DataFile {
    DataFile { name, source: 0, take: Take::Folders { classes, layout } }
}

pub(super) const IMDB: DataSet = DataSet {
    name: "imdb",
    title: "IMDB reviews",
    about: "film reviews: negative or positive",
    task: DataTask::Classification,
    rows: [Some(25_000), Some(25_000)],
    download_bytes: Some(84_125_825),
    licence: "not stated; published for research (Maas et al. 2011)",
    page: "https://ai.stanford.edu/~amaas/data/sentiment/",
    checksums: HUGGING_FACE,
    labels: Some(["negative", "positive"]),
    changes: "line breaks (<br />) are replaced by spaces; reviews without a label are left out",
    sources: &[Source {
        file: "aclImdb_v1.tar.gz",
        url: "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        bytes: Some(84_125_825),
        sha256: Some("c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"),
    }],
    files: &[
        folders("train.tsv.gz", &[("aclImdb/train/neg", "0"), ("aclImdb/train/pos", "1")], Layout::Html),
        folders("test.tsv.gz", &[("aclImdb/test/neg", "0"), ("aclImdb/test/pos", "1")], Layout::Html),
    ],
};

const fn member_of_classes(name: &'static str, member: &'static str) -> DataFile {
    let take = Take::Classes { member: Some(member), classes: FIRST_OR_SECOND, escaped: true };
    DataFile { name, source: 0, take }
}

pub(super) const YELP: DataSet = DataSet {
    name: "yelp",
    title: "Yelp reviews",
    about: "reviews of businesses: 1 or 2 stars, 3 or 4 stars",
    task: DataTask::Classification,
    rows: [Some(560_000), Some(38_000)],
    download_bytes: Some(166_373_201),
    licence: "terms of the Yelp Dataset Challenge (academic, non-commercial use)",
    page: "https://arxiv.org/abs/1509.01626",
    checksums: "github.com/tensorflow/datasets, url_checksums, and github.com/huggingface/datasets",
    labels: Some(["negative", "positive"]),
    changes: "\\n is replaced by a space; \\\" is a quotation mark",
    sources: &[Source {
        file: "yelp_review_polarity_csv.tgz",
        url: "https://s3.amazonaws.com/fast-ai-nlp/yelp_review_polarity_csv.tgz",
        bytes: Some(166_373_201),
        sha256: Some("528f22e286cad085948acbc3bea7e58188416546b0e364d0ae4ca0ce666abe35"),
    }],
    files: &[
        member_of_classes("train.tsv.gz", "yelp_review_polarity_csv/train.csv"),
        member_of_classes("test.tsv.gz", "yelp_review_polarity_csv/test.csv"),
    ],
};

pub(super) const AMAZON: DataSet = DataSet {
    name: "amazon",
    title: "Amazon reviews",
    about: "reviews of goods, title and text: 1 or 2 stars, 4 or 5 stars",
    task: DataTask::Classification,
    rows: [Some(3_600_000), Some(400_000)],
    download_bytes: Some(688_339_454),
    licence: "not stated; published for research (McAuley and Leskovec 2013)",
    page: "https://arxiv.org/abs/1509.01626",
    checksums: HUGGING_FACE,
    labels: Some(["negative", "positive"]),
    changes: "title and text are joined; \\n is replaced by a space; \\\" is a quotation mark",
    sources: &[Source {
        file: "amazon_review_polarity_csv.tgz",
        url: "https://s3.amazonaws.com/fast-ai-nlp/amazon_review_polarity_csv.tgz",
        bytes: Some(688_339_454),
        sha256: Some("d2a3ee7a214497a5d1b8eaed7c8d7ba2737de00ada3b0ec46243983efa100361"),
    }],
    files: &[
        member_of_classes("train.tsv.gz", "amazon_review_polarity_csv/train.csv"),
        member_of_classes("test.tsv.gz", "amazon_review_polarity_csv/test.csv"),
    ],
};

const WORLD_OR_BUSINESS: Take =
    Take::Classes { member: None, classes: &[("1", "0"), ("3", "1")], escaped: false };

pub(super) const AG_NEWS: DataSet = DataSet {
    name: "ag_news",
    title: "AG News",
    about: "news, title and first sentences: World or Business",
    task: DataTask::Classification,
    rows: [Some(60_000), Some(3_800)],
    download_bytes: Some(31_327_765),
    licence: "non-commercial use (AG's corpus of news articles)",
    page: "http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
    checksums: HUGGING_FACE,
    labels: Some(["World", "Business"]),
    changes: "title and text are joined; the classes Sports and Sci/Tech are left out",
    sources: &[
        Source {
            file: "train.csv",
            url: "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/train.csv",
            bytes: Some(29_470_338),
            sha256: Some("76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e"),
        },
        Source {
            file: "test.csv",
            url: "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/test.csv",
            bytes: Some(1_857_427),
            sha256: Some("521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699"),
        },
    ],
    files: &[
        DataFile { name: "train.tsv.gz", source: 0, take: WORLD_OR_BUSINESS },
        DataFile { name: "test.tsv.gz", source: 1, take: WORLD_OR_BUSINESS },
    ],
};

pub(super) const NEWSGROUPS: DataSet = DataSet {
    name: "20_newsgroups",
    title: "20 Newsgroups",
    about: "posts to rec.sport.baseball or rec.sport.hockey",
    task: DataTask::Classification,
    rows: [Some(1_197), Some(796)],
    download_bytes: Some(14_464_277),
    licence: "not stated; public posts to Usenet",
    page: "http://qwone.com/~jason/20Newsgroups/",
    checksums: "github.com/scikit-learn/scikit-learn, sklearn/datasets/_twenty_newsgroups.py",
    labels: Some(["baseball", "hockey"]),
    changes: "header lines (From, Subject, …) are left out; bytes are read as Latin-1; 18 groups are left out",
    sources: &[Source {
        file: "20news-bydate.tar.gz",
        url: "https://ndownloader.figshare.com/files/5975967",
        bytes: None,
        sha256: Some("8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610"),
    }],
    files: &[
        folders(
            "train.tsv.gz",
            &[("20news-bydate-train/rec.sport.baseball", "0"), ("20news-bydate-train/rec.sport.hockey", "1")],
            Layout::Post,
        ),
        folders(
            "test.tsv.gz",
            &[("20news-bydate-test/rec.sport.baseball", "0"), ("20news-bydate-test/rec.sport.hockey", "1")],
            Layout::Post,
        ),
    ],
};

macro_rules! captions {
    ($file:literal, $bytes:literal, $sum:literal) => {
        Source {
            file: $file,
            url: concat!("https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/", $file),
            bytes: Some($bytes),
            sha256: Some($sum),
        }
    };
}

const fn whole(name: &'static str, source: usize) -> DataFile {
    DataFile { name, source, take: Take::Whole }
}

pub(super) const MULTI30K: DataSet = DataSet {
    name: "multi30k",
    title: "Multi30k",
    about: "image captions, German and English (task 1, raw)",
    task: DataTask::Translation,
    rows: [Some(29_000), Some(1_014)],
    download_bytes: Some(1_296_371),
    licence: "research use (Elliott et al. 2016; captions of Flickr30k)",
    page: "https://github.com/multi30k/dataset",
    checksums: "SHA-256 of files whose MD5 github.com/pytorch/text publishes",
    labels: None,
    changes: "none",
    sources: &[
        captions!("train.de.gz", 637_044, "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
        captions!("train.en.gz", 568_929, "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
        captions!("val.de.gz", 24_681, "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
        captions!("val.en.gz", 21_650, "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
        captions!(
            "test_2016_flickr.de.gz",
            22_890,
            "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"
        ),
        captions!(
            "test_2016_flickr.en.gz",
            21_077,
            "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"
        ),
    ],
    files: &[
        whole("train.de.gz", 0),
        whole("train.en.gz", 1),
        whole("val.de.gz", 2),
        whole("val.en.gz", 3),
        whole("test_2016_flickr.de.gz", 4),
        whole("test_2016_flickr.en.gz", 5),
    ],
};

const fn talks(name: &'static str, members: &'static [&'static str]) -> DataFile {
    DataFile { name, source: 0, take: Take::Talks { members } }
}

pub(super) const IWSLT14: DataSet = DataSet {
    name: "iwslt14",
    title: "IWSLT 2014",
    about: "TED talks, German and English",
    task: DataTask::Translation,
    rows: [Some(174_000), Some(2_000)],
    download_bytes: None,
    licence: "CC BY-NC-ND (TED talks, through WIT3)",
    page: "https://wit3.fbk.eu/2014-01",
    checksums: "none is published; later downloads must match the first",
    labels: None,
    changes: "tags are removed; of lines with tags, only titles and descriptions are kept",
    sources: &[Source {
        file: "de-en.tgz",
        url: "http://dl.fbaipublicfiles.com/fairseq/data/iwslt14/de-en.tgz",
        bytes: None,
        sha256: None,
    }],
    files: &[
        talks("train.de.gz", &["de-en/train.tags.de-en.de"]),
        talks("train.en.gz", &["de-en/train.tags.de-en.en"]),
        talks(
            "val.de.gz",
            &["de-en/IWSLT14.TED.dev2010.de-en.de.xml", "de-en/IWSLT14.TEDX.dev2012.de-en.de.xml"],
        ),
        talks(
            "val.en.gz",
            &["de-en/IWSLT14.TED.dev2010.de-en.en.xml", "de-en/IWSLT14.TEDX.dev2012.de-en.en.xml"],
        ),
        talks(
            "test.de.gz",
            &[
                "de-en/IWSLT14.TED.tst2010.de-en.de.xml",
                "de-en/IWSLT14.TED.tst2011.de-en.de.xml",
                "de-en/IWSLT14.TED.tst2012.de-en.de.xml",
            ],
        ),
        talks(
            "test.en.gz",
            &[
                "de-en/IWSLT14.TED.tst2010.de-en.en.xml",
                "de-en/IWSLT14.TED.tst2011.de-en.en.xml",
                "de-en/IWSLT14.TED.tst2012.de-en.en.xml",
            ],
        ),
    ],
};

macro_rules! commentary {
    ($pair:literal) => {
        Source {
            file: concat!("news-commentary-v14.", $pair, ".tsv.gz"),
            url: concat!(
                "https://data.statmt.org/news-commentary/v14/training/news-commentary-v14.",
                $pair,
                ".tsv.gz"
            ),
            bytes: None,
            sha256: None,
        }
    };
}

const fn side(name: &'static str, source: usize, column: usize) -> DataFile {
    DataFile { name, source, take: Take::Column(column) }
}

pub(super) const NEWS_COMMENTARY: DataSet = DataSet {
    name: "news_commentary_v14",
    title: "News Commentary 14",
    about: "comments on the news: English-Dutch, English-Portuguese, Italian-Portuguese",
    task: DataTask::Translation,
    rows: [None, None],
    download_bytes: None,
    licence: "research use (WMT 2019; Project Syndicate)",
    page: "https://data.statmt.org/news-commentary/v14/",
    checksums: "none is published; later downloads must match the first",
    labels: None,
    changes: "pairs with an empty side (the ends of documents) are left out",
    sources: &[commentary!("en-nl"), commentary!("en-pt"), commentary!("it-pt")],
    files: &[
        side("en-nl.en.gz", 0, 0),
        side("en-nl.nl.gz", 0, 1),
        side("en-pt.en.gz", 1, 0),
        side("en-pt.pt.gz", 1, 1),
        side("it-pt.it.gz", 2, 0),
        side("it-pt.pt.gz", 2, 1),
    ],
};
